local image_index = require "lamina.image.index"

describe("lamina.image.index", function()
  local function of(os, architecture, variant)
    return { platform = { os = os, architecture = architecture, variant = variant } }
  end

  it("chooses the best for a platform, and never an attestation (SEMANTICS 91)", function()
    local list = { of("unknown", "unknown"), of("linux", "arm", "v6"), of("linux", "arm", "v7"),
      of("linux", "amd64") }
    assert.equal(list[3], image_index.choose(list, { os = "linux", architecture = "arm" }))
    assert.equal(list[4], image_index.choose(list, { os = "linux", architecture = "amd64" }))
    local none, why = image_index.choose(list, { os = "linux", architecture = "s390x" })
    assert.is_nil(none)
    assert.equal("no image for linux/s390x (there are: linux/arm/v6, linux/arm/v7, linux/amd64)",
      why)
  end)

  it("takes the only one where it says no platform", function()
    local one = {}
    assert.equal(one, image_index.choose({ one, of("unknown", "unknown") },
      { os = "linux", architecture = "amd64" }))
    assert.is_nil((image_index.choose({ one, {} }, { os = "linux", architecture = "amd64" })))
  end)
end)
