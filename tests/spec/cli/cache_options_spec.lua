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

  it("takes a directory, with a tag or, to read, a digest", function()
    local digest = "sha256:" .. ("a"):rep(64)
    assert.same({ { type = "local", src = "a,b", tag = "v1" },
      { type = "local", src = "d", digest = digest } },
      cache_options.from { 'type=local,"src=a,b",tag=v1', "type=local,src=d,digest=" .. digest })
    assert.same({ { type = "local", dest = "d", mode = "min", tag = "v1" } },
      cache_options.to { "type=local,dest=d,mode=min,tag=v1" })
    assert.matches("'sha256:x' is no digest",
      (refusal(cache_options.from, "type=local,src=d,digest=sha256:x")))
    assert.matches("'v1' and a digest",
      (refusal(cache_options.from, "type=local,src=d,tag=v1,digest=" .. digest)))
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
      ["ref=c"] = { "'type' is missing", "known are local, registry" },
      ["type=local"] = { "'dest' is missing", "dest=DIR is where it is kept" },
      ["type=local,src=d"] = { "'src' isn't known", "did you mean 'dest'?" },
      ["type=local,dest=d,tag=a/b"] = { "'a/b' is no tag",
        "letters, digits, '_', '.' and '-' make one" },
      ["c@sha256:" .. ("a"):rep(64)] = { "a digest can't be written" },
    } do
      assert.same({ ("--cache-to '%s': %s"):format(word, expected[1]), expected[2] },
        { refusal(cache_options.to, word) })
    end
    local message = refusal(cache_options.from, "type=registry,ref=c,mode=max")
    assert.matches("'mode' isn't known", message)
  end)
end)
