--- What `run` mounts: which mounts a step asks for, checked and expanded. Which options there are
-- stands in plan.schema (closed lists: DF-10, DF-11), how mounts are made in mounted.lua.
local check = require "lamina.util.check"
local failure = require "lamina.util.failure"
local path = require "lamina.util.path"
local size = require "lamina.util.size"

local mounts = {}

local function invalid(format, ...)
  failure.raise("invalid-input", "run: mount: " .. format:format(...))
end

--- Refuses what lamina mounts itself, and what nothing may be mounted on or into. A target is
-- looked at as it is written, and again once the stage's links are followed.
function mounts.check_target(target)
  local top = target:match("^/[^/]*")
  if target == "/" or top == "/proc" or top == "/sys" or target == "/dev" then
    invalid("nothing can be mounted on %s", target)
  end
end

local sharings = { shared = true, locked = true, private = true }

-- The largest values: of permission bits and of ids, the last of which means none.
local most = { mode = 4095, uid = 4294967294, gid = 4294967294, size = math.maxinteger }

local function check_values(mount)
  if mount.sharing and not sharings[mount.sharing] then
    invalid("cache: sharing is shared, locked or private, not '%s'", mount.sharing)
  elseif mount.type == "secret" and not (mount.id and mount.id ~= "") then
    invalid("secret: it needs an id")
  end
  for key, limit in pairs(most) do
    local value = mount[key]
    if value and (value < 0 or value > limit) then
      invalid("%s: %s can't be %d", mount.type, key, value)
    end
  end
end

local function octal(text)
  return text:find("^[0-7]+$") and math.tointeger(tonumber(text, 8)) or nil
end

local function decimal(text)
  return text:find("^%d+$") and #text < 16 and math.tointeger(tonumber(text)) or nil
end

local function truth(text) return check.booleans[text:lower()] end

-- Options whose text, once its variables are known, stands for something else.
local converters = { mode = octal, uid = decimal, gid = decimal, size = size.memory,
  readonly = truth, required = truth }
local is_text = { source = true, id = true, sharing = true, env = true }

--- A mount's option with its variables replaced.
local function value_of(mount, key, expand)
  local value = mount[key]
  if type(value) ~= "string" or not (is_text[key] or converters[key]) then return value end
  local text = expand(value)
  if is_text[key] then return text end
  local converted = converters[key](text)
  if converted == nil then invalid("%s: %s can't be '%s'", mount.type, key, text) end
  return converted
end

--- The target as an absolute, clean path. A secret and an agent have a place of their
-- own without one.
local function target_of(mount, at, expand, number)
  local target = mount.target
  if not target and mount.type == "secret" then
    if mount.env then return nil end
    target = "/run/secrets/" .. path.basename(mount.id)
  elseif not target and mount.type == "ssh" then
    target = "/run/buildkit/ssh_agent." .. number
  end
  if not target or target == "" then invalid("%s: it needs a target", mount.type) end
  target = expand(target)
  if not path.is_absolute(target) then target = path.join(at:directory(), target) end
  target = path.clean(target)
  mounts.check_target(target)
  return target
end

--- Where a mount's files come from: a use of the vertex, or nil.
local function use_of(mount, resolver)
  if mount.type ~= "bind" and not (mount.type == "cache" and mount.from) then return nil end
  local source = mount.from and resolver:result(mount.from) or resolver.contexts:get(".")
  local from = path.clean("/" .. (mount.source or "")):sub(2)
  return { source = source, select = { paths = { from }, is_literal = true, tree = true } }
end

local function one(mount, at, resolver, number)
  local function expand(text) return resolver:expand(at, text) end
  local new = {}
  for key in pairs(mount) do new[key] = value_of(mount, key, expand) end
  check_values(new)
  new.target = target_of(new, at, expand, number)
  if new.type == "ssh" then new.id = new.id or "default" end
  if new.type == "cache" then new.id = new.id or new.target end
  new.use = use_of(new, resolver)
  return new
end

-- Where scripts are, as BuildKit has them (SEMANTICS 14).
local pipes = "/dev/pipes/"

--- What a step is to run: its command, or the path of its script.
function mounts.command(step)
  return step.script and pipes .. step.script or step.command
end

--- The vertex's uses and the checked mounts of a step.
function mounts.resolve(step, at, resolver)
  local uses, list, seen, agents = {}, {}, {}, 0
  for i, mount in ipairs(step.mounts or {}) do
    list[i] = one(mount, at, resolver, agents)
    if mount.type == "ssh" then agents = agents + 1 end
    local target = list[i].target
    if target and seen[target] then invalid("two of them have the target %s", target) end
    if target then seen[target] = true end
    if list[i].use then uses[#uses + 1] = list[i].use end
  end
  if step.script then
    list[#list + 1] = { type = "script", target = pipes .. step.script, text = step.command,
      readonly = true }
  end
  return uses, list
end

-- What of a mount belongs to the key: its layout. Which cache it is, and what is in a secret,
-- changes no result (SEMANTICS 70).
local in_key = { "type", "target", "readonly", "mode", "uid", "gid", "size", "env", "required",
  "text" }

--- The mounts as part of a key.
function mounts.params(list)
  local params = require("lamina.core.json").array {}
  for i, mount in ipairs(list) do
    local part = {}
    for _, key in ipairs(in_key) do part[key] = mount[key] end
    if mount.type == "secret" then part.id = mount.id end
    part.is_seeded = mount.type == "cache" and mount.use and true or nil
    params[i] = part
  end
  return params
end

return mounts
