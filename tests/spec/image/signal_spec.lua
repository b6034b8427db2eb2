local signal = require "lamina.image.signal"

describe("lamina.image.signal", function()
  it("knows names and numbers, with SIG and without", function()
    for _, text in ipairs { "SIGTERM", "TERM", "term", "sigkill", "9", "64", "RTMIN", "RTMIN+3",
      "SIGRTMAX-15", "SIGQUIT", "Winch" } do
      assert.truthy(signal.is_valid(text), text)
    end
    for _, text in ipairs { "", "SIG", "SIGSIGTERM", "FOO", "0", "65", "-9", "9x", "RTMIN+16",
      "RTMAX+1", "RTMIN-1", "RTMIX-3", "RTMAN+1", "SIGTERM ", "99999999999999999999" } do
      assert.falsy(signal.is_valid(text), text)
    end
  end)

  it("is a number, or the name that the core knows", function()
    for text, value in pairs { SIGTERM = "TERM", kill = "KILL", ["9"] = 9, Cld = "CHLD",
      RTMIN = 34, ["SIGRTMIN+3"] = 37, ["RTMAX-15"] = 49, SIGRTMAX = 64 } do
      assert.equal(value, signal.value(text))
    end
  end)
end)
