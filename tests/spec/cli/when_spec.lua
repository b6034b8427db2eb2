local when = require "lamina.cli.when"

describe("lamina.cli.when", function()
  it("takes seconds and RFC 3339 texts", function()
    assert.equal(12, when.seconds(12))
    assert.equal(1709209496, when.seconds "2024-02-29T12:24:56Z")
    assert.is_nil(when.seconds "yesterday")
    assert.is_nil(when.seconds(nil))
  end)

  it("tells ages in Docker's words", function()
    assert.equal("3 hours ago", when.since(os.time() - 3 * 3600))
    assert.equal("2 days", when.long(os.time() - 2 * 86400))
    assert.equal("Less than a second ago", when.since(os.time() + 1000)) -- a clock set back
    assert.equal("N/A", when.since(nil))
    assert.equal("N/A", when.long("never"))
  end)

  it("tells points in time", function()
    assert.equal("2024-02-29 12:24:56 +0000 UTC", when.at "2024-02-29T12:24:56.5Z")
    assert.equal("2024-02-29T12:24:56Z", when.exactly "2024-02-29T14:24:56+02:00")
    assert.equal("1970-01-01 00:00:00 +0000 UTC", when.at(0))
    assert.equal("N/A", when.at(nil))
    assert.equal("N/A", when.exactly("x"))
  end)
end)
