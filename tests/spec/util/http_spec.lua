local http = require "lamina.util.http"

describe("lamina.util.http", function()
  local function wait(value)
    return http.retry_after { headers = { ["retry-after"] = value } }
  end

  it("reads how long a server asks to wait, as seconds and as a time", function()
    assert.equal(120, wait "120")
    assert.equal(0, wait " 0 ")
    local form = "!%a, %d %b %Y %H:%M:%S GMT"
    local seconds = wait(os.date(form, os.time() + 100))
    assert.is_true(seconds > 95 and seconds <= 100, tostring(seconds))
    assert.equal(0, wait(os.date(form, os.time() - 100)))
    for _, value in ipairs { "", "soon", "-1", "1.5", "Tue, 15 Foo 1994 12:45:26 GMT" } do
      assert.is_nil(wait(value), value)
    end
    assert.is_nil(wait(nil))
  end)
end)
