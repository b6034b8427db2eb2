--- The values of --secret: an id, and the file or the variable that has the secret.
--
--   id=NAME,src=FILE   id=NAME,env=VARIABLE, or in long id=NAME,type=env,src=VARIABLE
--   id=NAME            the caller's variable of that name, else the file; type=… says which
local check = require "lamina.util.check"
local csv = require "lamina.cli.csv"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"

local secrets = {}

-- The keys, and the field that each is.
local keys = { env = "env", id = "id", source = "path", src = "path", type = "type" }
local types = { env = true, file = true }

local function complainer(word)
  return function(message, hint)
    failure.raise("usage", ("--secret '%s': %s"):format(word, message), { hint = hint })
  end
end

local function unknown(key, complain)
  complain(("unknown key '%s'"):format(key), check.hint(key, check.sorted_keys(keys)))
end

local function fields_of(word, complain)
  local fields = {}
  for key, value in pairs(csv.pairs(csv.fields(word, "--secret"), complain)) do
    local name = keys[key] or unknown(key, complain)
    if value == "" then complain(("'%s' is empty"):format(key)) end
    if fields[name] then complain "'src' and 'source' are the same" end
    fields[name] = value
  end
  if not fields.id then complain("an id expected", "--secret id=token,src=token.txt") end
  if fields.type and not types[fields.type] then
    complain(("unknown type '%s'"):format(fields.type), "it is file or env")
  end
  return fields
end

--- Whether an id that stands alone is a variable's name.
local function is_variable(id)
  return os.getenv(id) ~= nil or not fs.stat(id)
end

--- Where a secret is, as build.run takes it.
local function place(fields, complain)
  local id, kind = fields.id, fields.type
  if fields.env and (fields.path or kind == "file") then
    complain "a secret is a file or a variable, not both"
  elseif fields.env then
    return { env = fields.env }
  elseif kind == "env" then
    return { env = fields.path or id }
  elseif fields.path or kind == "file" or not is_variable(id) then
    return { path = fields.path or id }
  end
  return { env = id }
end

--- What each id stands for, as build.run takes it.
function secrets.parse(words)
  local all = {}
  for _, word in ipairs(words) do
    local complain = complainer(word)
    local fields = fields_of(word, complain)
    if all[fields.id] then complain(("'%s' comes twice"):format(fields.id)) end
    all[fields.id] = place(fields, complain)
  end
  return all
end

return secrets
