--- The values of --ssh: ID (the caller's agent), ID=SOCKET, ID=KEY[,KEY…].
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"

local agents = {}

local function usage(message, hint)
  failure.raise("usage", "--ssh: " .. message, { hint = hint })
end

local function stat(path)
  local found, err = fs.stat(path)
  if found then return failure.check(fs.realpath(path)), found.type end
  failure.raise("not-found", "--ssh: " .. err.message, { errno = err.errno })
end

local function given(id, value)
  if not value or value == "" then
    value = os.getenv("SSH_AUTH_SOCK")
    if not value or value == "" then
      usage(("'%s' has no agent: SSH_AUTH_SOCK isn't set"):format(id),
        "start ssh-agent, or name a socket or key: --ssh " .. id .. "=PATH")
    end
  end
  local keys = {}
  for word in value:gmatch("[^,]+") do
    local path, kind = stat(word)
    if kind == "socket" and word == value then return { socket = path } end
    if kind ~= "file" then usage(("'%s' is neither a socket nor a key"):format(word)) end
    keys[#keys + 1] = path
  end
  return { keys = keys }
end

--- What each id stands for, as build.run takes it.
function agents.parse(words)
  local all = {}
  for _, word in ipairs(words) do
    local id, value = word:match("^([^=]+)=(.*)$")
    id = id or word
    if id == "" or id:find("^=") then usage("an id expected", "--ssh default") end
    if all[id] then usage(("'%s' comes twice"):format(id)) end
    all[id] = given(id, value)
  end
  return all
end

return agents
