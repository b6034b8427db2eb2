local cache_options = require "lamina.cli.cache_options"

describe("lamina.cli.cache_options", function()
  local function to(words, args) return cache_options.to(words, args or {}) end

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
      ignores_errors = true } }, to {
      "type=registry,ref=c,mode=max,compression=uncompressed,ignore-error=true,"
        .. "image-manifest=true,oci-mediatypes=true" })
  end)

  it("takes a directory, with a tag or, to read, a digest", function()
    local digest = "sha256:" .. ("a"):rep(64)
    assert.same({ { type = "local", src = "a,b", tag = "v1" },
      { type = "local", src = "d", digest = digest } },
      cache_options.from { 'type=local,"src=a,b",tag=v1', "type=local,src=d,digest=" .. digest })
    assert.same({ { type = "local", dest = "d", mode = "min", tag = "v1" } },
      to { "type=local,dest=d,mode=min,tag=v1" })
    assert.matches("'sha256:x' is no digest",
      (refusal(cache_options.from, "type=local,src=d,digest=sha256:x")))
    assert.matches("'v1' and a digest",
      (refusal(cache_options.from, "type=local,src=d,tag=v1,digest=" .. digest)))
  end)

  it("takes the image itself, also in Docker's older words", function()
    assert.same({ { type = "inline", mode = "min" } }, to { "type=inline,mode=min" })
    assert.same({ { type = "inline" } }, to({}, { BUILDKIT_INLINE_CACHE = "1" }))
    assert.same({}, to({}, { BUILDKIT_INLINE_CACHE = "0" }))
    local message, hint = refusal(cache_options.from, "type=inline")
    assert.matches("is read by the image's name", message, 1, true)
    assert.equal("type=registry,ref=IMAGE", hint)
  end)

  it("compresses all layers, or only those that have no compression yet", function()
    local name = "type=registry,ref=c,"
    for word, expected in pairs {
      ["compression=zstd,compression-level=19"] = { compression = "zstd", level = 19 },
      ["compression=zstd,force-compression=true"] = { compression = "zstd" },
      ["compression=zstd,force-compression=false"] = { default = "zstd" },
      ["force-compression=true"] = { compression = "gzip" },
      ["compression-level=2"] = { level = 2 },
    } do
      expected.type, expected.ref = "registry", "c"
      assert.same({ expected }, to { name .. word }, word)
    end
    assert.same({ { type = "inline", ignores_errors = true } }, to { "type=inline,ignore-error=1" })
  end)

  it("says what is wrong, and what may have been meant", function()
    for word, expected in pairs {
      ["type=registry,ref=c,mod=max"] = { "'mod' isn't known", "did you mean 'mode'?" },
      ["type=registry,ref=c,x=1"] = { "'x' isn't known",
        "known are compression, compression-level, force-compression, ignore-error, "
          .. "image-manifest, mode, oci-mediatypes, ref, type" },
      ["type=registry,ref=c,oci-mediatypes=false"] = { "a cache is a manifest of OCI's always",
        "leave it out, or say true" },
      ["type=local,dest=d,digest=sha256:x"] = { "'digest' isn't known",
        "it is said to --cache-from" },
      ["type=local,dest=d,compression=estargz"] = { "unknown compression 'estargz'",
        "it is gzip, zstd or none" },
      ["type=local,dest=d,compression-level=9"] = { "compression-level is 1 to 3 for gzip and "
        .. "1 to 22 for zstd, not '9'" },
      ["type=local,dest=d,compression=none,compression-level=1"] = {
        "compression-level is 1 to 3 for gzip and 1 to 22 for zstd, not '1'" },
      ["type=local,dest=d,force-compression=yes"] = { "'yes' is none of 0, 1, false, true" },
      ["type=gha"] = { "the type 'gha' isn't known", "known are inline, local, registry" },
      ["type=inline,compression=zstd"] = { "a cache in the image has no layers but the image's",
        "-o type=registry,compression=… is how those are compressed" },
      ["./cache"] = { "the name of a registry's expected", "type=local,dest=DIR is a directory" },
      ["type=registry,ref=c,mode=most"] = { "'most' is none of max, min" },
      ["type=registry,ref=c,ignore-error=yes"] = { "'yes' is none of 0, 1, false, true" },
      ["type=registry,ref=c,ref=d"] = { "'ref' comes twice" },
      ["type=registry,max"] = { "KEY=VALUE expected, not 'max'" },
      ["type=registry,ref="] = { "'ref' is missing", "ref=NAME:TAG is where it is kept" },
      ["type=registrie,ref=c"] = { "the type 'registrie' isn't known", "did you mean 'registry'?" },
      ["Type=registry,REF=c,Ref=d"] = { "'ref' comes twice" },
      ["ref=c"] = { "'type' is missing", "known are inline, local, registry" },
      ["type=inline,mode=max"] = { "an image has room for the records of its own layers only, "
        .. "which is mode=min", "type=registry,ref=NAME,mode=max writes those of all stages" },
      ["type=inline,ref=c"] = { "'ref' isn't known",
        "known are compression, compression-level, force-compression, ignore-error, mode, type" },
      ["type=local"] = { "'dest' is missing", "dest=DIR is where it is kept" },
      ["type=local,src=d"] = { "'src' isn't known", "did you mean 'dest'?" },
      ["type=local,dest=d,tag=a/b"] = { "'a/b' is no tag",
        "letters, digits, '_', '.' and '-' make one" },
      ["c@sha256:" .. ("a"):rep(64)] = { "a digest can't be written" },
    } do
      assert.same({ ("--cache-to '%s': %s"):format(word, expected[1]), expected[2] },
        { refusal(to, word) })
    end
    local message, hint = refusal(cache_options.from, "type=registry,ref=c,mode=max")
    assert.matches("'mode' isn't known", message)
    assert.equal("it is said to --cache-to", hint)
  end)
end)
