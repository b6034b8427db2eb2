--- Runs Lua text in a process of its own that is at home (namespace.enter), since a process enters
-- once. The text sees fs, home, namespace, overlay, json, dir (an empty folder), folder(name), and
-- fails(nil, err), which prints a failure. Answers status, stdout, stderr.
local helper = require "support.helper"

local prelude = [=[
  local fs = require "lamina.core.fs"
  local json = require "lamina.core.json"
  local namespace = require "lamina.core.namespace"
  local overlay = require "lamina.core.overlay"
  local dir = %q
  local home, reason = namespace.enter()
  if not home then error(reason.message, 0) end
  local function folder(name)
    assert(fs.mkdirs(dir .. "/" .. name, 493))
    return dir .. "/" .. name
  end
  local function fails(value, err)
    print(value, type(err) == "table" and err.errno, type(err) == "table" and err.message or err)
    return err
  end
]=]

return function(text, before)
  local dir = helper.tmpdir()
  local file = helper.write(dir .. "/script.lua",
    prelude:format(dir .. "/work") .. "  folder '.'\n" .. text .. "\n")
  return helper.sh((before or "") .. " lua5.4 " .. helper.quote(file))
end
