--- Lua text in a process of its own that is at home as lamina is: root of its namespaces.
--
--   local out = at_home [[ print(home.ids) ]]
--
-- The text sees fs, layer, tar, tree, digest, home, and dir, an empty folder; it raises what is
-- wrong. Answers what it printed.
local helper = require "support.helper"

local prelude = [=[
local digest = require "lamina.core.digest"
local fs = require "lamina.core.fs"
local layer = require "lamina.core.layer"
local namespace = require "lamina.core.namespace"
local tar = require "support.tar"
local tree = require "support.tree"
local watch = require "support.watch"
local dir = ...
local home = assert(namespace.enter())
local is_root = not home.rootless

local function equal(expected, got, what)
  if expected ~= got then
    error(("%s\nexpected: %s\n     got: %s"):format(what or "not equal", expected, got), 2)
  end
end

local function write(name, bytes)
  local file <close> = assert(io.open(dir .. "/" .. name, "wb"))
  assert(file:write(bytes))
  return dir .. "/" .. name
end

local function read(name)
  local file <close> = assert(io.open(dir .. "/" .. name, "rb"))
  return file:read "a"
end

--- Unpacks a list for tar.of, or bytes, into a new directory `name`.
local function unpack(name, list, options)
  assert(fs.mkdir(dir .. "/" .. name, 493))
  local path = write(name .. ".tar", type(list) == "string" and list or tar.of(list))
  local given = { userxattr = home.userxattr, ids = home.ids }
  for key, value in pairs(options or {}) do given[key] = value end
  return assert(layer.apply(path, dir .. "/" .. name, given))
end

--- Packs the directory; answers the tar's bytes and the info.
local function pack(name, options)
  local given = { output = dir .. "/" .. name .. ".packed", userxattr = home.userxattr }
  for key, value in pairs(options or {}) do given[key] = value end
  local info = assert(layer.pack(dir .. "/" .. name, given))
  return read(name .. ".packed"), info
end

local function names(bytes)
  local list = {}
  for i, entry in ipairs((tar.list(bytes))) do list[i] = entry[1] end
  return table.concat(list, " ")
end
]=]

return function(text, environment)
  local dir = helper.tmpdir()
  local script = helper.write(helper.tmpdir() .. "/script.lua",
    prelude .. "do " .. text .. "\nend\nassert(fs.remove(dir))\n")
  local status, out, err = helper.sh(("%s lua5.4 %s %s"):format(environment or "",
    helper.quote(script), helper.quote(dir)))
  assert(status == 0, err)
  return out
end
