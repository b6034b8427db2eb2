local cache_options = require "lamina.cli.cache_options"

describe("lamina.cli.cache_options", function()
  --- What a word is refused with: the message, and the hint.
  local function refusal(parse, word)
    local ok, err = pcall(parse, { word })
    assert.is_false(ok, word)
    assert.equal("usage", err.kind)
    return err.message, err.hint
  end

  it("takes a name for a registry's", function()
    assert.same({ { type = "registry", ref = "localhost:5000/c:v1" } },
      cache_options.from { "localhost:5000/c:v1" })
    assert.same({ { type = "registry", ref = "c", mode = "max", compression = "none",
      ignores_errors = true } }, cache_options.to {
      "type=registry,ref=c,mode=max,compression=uncompressed,ignore-error=true" })
  end)

  it("says what is wrong, and what may have been meant", function()
    for word, expected in pairs {
      ["type=registry,ref=c,mod=max"] = { "'mod' isn't known", "did you mean 'mode'?" },
      ["type=registry,ref=c,x=1"] = { "'x' isn't known",
        "known are compression, ignore-error, mode, ref, type" },
      ["type=registry,ref=c,mode=most"] = { "'most' is none of max, min" },
      ["type=registry,ref=c,ignore-error=yes"] = { "'yes' is none of 0, 1, false, true" },
      ["type=registry,ref=c,ref=d"] = { "'ref' comes twice" },
      ["type=registry,max"] = { "KEY=VALUE expected, not 'max'" },
      ["type=registry,ref="] = { "'ref' is missing", "ref=NAME:TAG is where it is kept" },
      ["type=registrie,ref=c"] = { "the type 'registrie' isn't known", "did you mean 'registry'?" },
      ["ref=c"] = { "'type' is missing", "known are registry" },
      ["c@sha256:" .. ("a"):rep(64)] = { "a digest can't be written" },
    } do
      assert.same({ ("--cache-to '%s': %s"):format(word, expected[1]), expected[2] },
        { refusal(cache_options.to, word) })
    end
    local message = refusal(cache_options.from, "type=registry,ref=c,mode=max")
    assert.matches("'mode' isn't known", message)
  end)
end)
