--- Undeclared globals raise, so that a misspelt name is found where it is used.
--
-- `require "lamina.util.strict"` once, in the program's first file. Libraries that are
-- loaded later and want a global of their own call `strict.declare(name, value)`.
local strict = {}

-- luv asks for _THREAD to learn whether it is loaded in a thread of its own.
local declared = { _THREAD = true }
local guard = {}

function guard.__index(_, name)
  if declared[name] then return nil end
  error(("undeclared variable '%s'"):format(tostring(name)), 2)
end

function guard.__newindex(globals, name, value)
  if not declared[name] then
    error(("assignment to undeclared variable '%s'"):format(tostring(name)), 2)
  end
  rawset(globals, name, value)
end

function strict.declare(name, value)
  declared[name] = true
  rawset(_G, name, value)
end

--- Guards a table of globals: _G when none is given.
function strict.guard(globals)
  return setmetatable(globals or _G, guard)
end

strict.guard()

return strict
