--- Asserts that a call raises with a text like the pattern, and blames whoever has made the call.
--
--   misuse("string expected", fs.read, {})
local assert = require "luassert"

return function(pattern, fn, ...)
  local arguments = table.pack(...)
  local ok, message = pcall(function() fn(table.unpack(arguments, 1, arguments.n)) end)
  assert.is_false(ok)
  assert.matches("misuse%.lua:%d+: .*" .. pattern, message)
end
