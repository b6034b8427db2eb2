--- Asserts that a call has answered `nil, err` with the errno, and every text in the message.
--
--   fails("ENOENT", { "open", path }, fs.read(path))
local assert = require "luassert"

return function(errno, texts, value, err)
  assert.is_nil(value)
  assert.equal(errno, err.errno)
  for _, text in ipairs(texts) do assert.matches(text, err.message, 1, true) end
end
