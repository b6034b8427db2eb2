-- What of the agent's protocol a step may say.
local message = require "lamina.build.step.agentmessage"

local function one(kind, more) return (">s4"):pack(string.char(kind) .. (more or "")) end

describe("lamina.build.step.agentmessage", function()
  it("passes on questions for keys and for signatures, and nothing else", function()
    for kind = 0, 255 do
      local passed, refused, left = message.split(one(kind, "text"))
      local is_allowed = kind == 11 or kind == 13
      assert.equal(is_allowed and one(kind, "text") or "", passed)
      assert.equal(is_allowed and 0 or 1, refused)
      assert.equal("", left)
    end
  end)

  it("takes several at once, and keeps the beginning of the next", function()
    local passed, refused, left = message.split(one(11) .. one(19) .. one(13, "x") .. "\0\0\0")
    assert.same({ one(11) .. one(13, "x"), 1, "\0\0\0" }, { passed, refused, left })
    assert.same({ "", 0, one(13, "long"):sub(1, -2) },
      { message.split(one(13, "long"):sub(1, -2)) })
    assert.same({ "", 0, "" }, { message.split "" })
  end)

  it("ends where there is no message", function()
    assert.is_nil(message.split "\0\0\0\0\11")
    assert.is_nil(message.split(one(11) .. "\0\4\0\1\13"))
    assert.is_nil(message.split "GET / HTTP/1.1")
  end)
end)
