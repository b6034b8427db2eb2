--- The value of RUN --mount: `type=cache,target=/root/.cache,id=x` (DF-10, DF-11).
--
--   mount.parse(text, complain) -> { type = "cache", target = "/root/.cache", id = "x" }
--
-- Aliases are brought to one name; numbers and truths are converted unless a variable stands for
-- them, which only a build can know.
local check = require "lamina.util.check"
local csv = require "lamina.util.csv"
local size = require "lamina.util.size"

local mount = {}

local names = {
  type = "type", from = "from", source = "source", src = "source", target = "target",
  dst = "target", destination = "target", readonly = "readonly", ro = "readonly",
  readwrite = "readwrite", rw = "readwrite", id = "id", sharing = "sharing",
  required = "required", mode = "mode", uid = "uid", gid = "gid", size = "size", env = "env",
}

-- Which types know a key; the keys that aren't here belong to all of them.
local owners = {
  from = "bind cache tmpfs ssh", sharing = "cache", mode = "cache secret ssh",
  uid = "cache secret ssh", gid = "cache secret ssh", size = "tmpfs", required = "secret ssh",
  env = "secret",
}

-- What a type takes and does nothing with, as in the reference.
local idle = { bind = { "id" }, tmpfs = { "id", "source", "from" }, secret = { "readonly" },
  ssh = { "source", "from", "readonly" } }

local types = { bind = true, cache = true, tmpfs = true, secret = true, ssh = true }
local sharings = { shared = true, private = true, locked = true }
local truths = check.go_booleans

local function expected(key, what, value, complain)
  complain(("--mount: %s is %s, not '%s'"):format(key, what, value))
end

local convert = {}

function convert.type(value, complain)
  value = value:lower()
  if types[value] then return value end
  local near = check.suggest(value, { "bind", "cache", "tmpfs", "secret", "ssh" })
  complain(("--mount: unknown type '%s'"):format(value),
    near and ("did you mean '%s'?"):format(near) or "it is bind, cache, tmpfs, secret or ssh")
end

function convert.sharing(value, complain)
  value = value:lower()
  if not sharings[value] then
    expected("sharing", "shared, private or locked", value, complain)
  end
  return value
end

function convert.mode(value, complain)
  local mode = value:find("^[0-7]+$") and #value < 8 and tonumber(value, 8)
  return mode and math.tointeger(mode) or expected("mode", "an octal number", value, complain)
end

function convert.uid(value, complain, key)
  local id = value:find("^%d+$") and #value < 11 and math.tointeger(tonumber(value))
  return id and id < 1 << 32 and id or expected(key, "a number", value, complain)
end

convert.gid = convert.uid

function convert.size(value, complain)
  return size.memory(value) or expected("size", "a size like 64m", value, complain)
end

function convert.required(value, complain, key)
  if truths[value] == nil then expected(key, "true or false", value, complain) end
  return truths[value]
end

convert.readonly, convert.readwrite = convert.required, convert.required

function convert.from(value, complain)
  if value:find("%$.") then
    complain("--mount: variables aren't expanded in from",
      "a stage 'FROM " .. value .. " AS name' gives it a name")
  end
  return value
end

local flags = { readonly = true, readwrite = true, required = true }

local function set(result, field, complain)
  local key, value = field:match("^([^=]*)=(.*)$")
  key = (key or field):lower()
  local name = names[key]
  if not name then
    local all = {}
    for known in pairs(names) do all[#all + 1] = known end
    table.sort(all)
    local near = check.suggest(key, all)
    complain(("--mount: unknown option '%s'"):format(key),
      near and ("did you mean '%s'?"):format(near) or nil)
  end
  if not value and not flags[name] then
    complain(("--mount: '%s' needs a value"):format(key), ("write %s=VALUE"):format(key))
  end
  local is_late = value and value:find("%$.") and name ~= "from" and name ~= "type"
  if value == nil then
    value = true
  elseif convert[name] and not is_late then
    value = convert[name](value, complain, name)
  end
  if name == "readwrite" then name, value = "readonly", not value end
  result[name] = value
end

local function check_owners(result, complain)
  for key in pairs(result) do
    local owner = owners[key]
    if owner and not (" " .. owner .. " "):find(" " .. result.type .. " ", 1, true) then
      complain(("--mount: '%s' isn't an option of type %s"):format(key, result.type))
    end
  end
end

--- Drops what does nothing. A tmpfs is there to be written to.
local function drop_idle(result, complain)
  for _, key in ipairs(idle[result.type] or {}) do result[key] = nil end
  if result.type == "tmpfs" then
    if result.readonly then complain("--mount: a tmpfs can't be read-only") end
    result.readonly = nil
  end
end

--- Reads one mount. `complain(message, hint)` raises.
function mount.parse(text, complain)
  local result = {}
  local fields = csv.fields(text, function(message) complain("--mount: " .. message) end)
  for _, field in ipairs(fields) do set(result, field, complain) end
  result.type = result.type or "bind"
  check_owners(result, complain)
  if result.type == "secret" then
    if result.source and result.id then complain("--mount: a secret has an id or a source") end
    if not (result.id or result.source or result.target) then
      complain("--mount: a secret needs an id")
    end
  elseif not result.target and result.type ~= "ssh" then
    complain(("--mount: type %s needs a target"):format(result.type))
  end
  drop_idle(result, complain)
  return result
end

return mount
