local descriptor = require "lamina.image.descriptor"
local digest = require "lamina.core.digest"
local failure = require "lamina.util.failure"
local json = require "lamina.core.json"
local manifest = require "lamina.image.manifest"
local media_type = require "lamina.image.media_type"

local function of(kind, text)
  return descriptor.new(kind, "sha256:" .. digest.sha256(text), #text)
end

local config = of(media_type.config, "{}")
local layers = { of(media_type.layer, "a"), of(media_type.layer_gzip, "b") }

local function document(more)
  local value = { schemaVersion = 2, mediaType = media_type.manifest, config = config,
    layers = json.array(layers) }
  for key, item in pairs(more or {}) do value[key] = item end
  return json.encode(value)
end

--- The failure of a document.
local function refused(bytes, expected)
  local ok, err = pcall(manifest.parse, bytes, "m", expected)
  assert.is_false(ok)
  assert.is_true(failure.is(err, "invalid-input"), tostring(err))
  assert.matches("^m: ", err.message)
  return err.message
end

describe("lamina.image.manifest", function()
  it("writes what it reads, in canonical bytes", function()
    local bytes = manifest.encode { config = config, layers = layers,
      annotations = { b = "2", a = "1" } }
    assert.matches('^{"annotations":{"a":"1","b":"2"},"config":{"digest":', bytes)
    local again = manifest.parse(bytes, "m", media_type.manifest)
    assert.equal("manifest", again.kind)
    assert.same(layers, { table.unpack(again.layers) })
    assert.equal('{"config":', manifest.encode { config = config, layers = {} }:sub(1, 10))
    assert.matches('"layers":%[%]', manifest.encode { config = config, layers = {} })
  end)

  it("reads an index, and documents that name no media type", function()
    local bytes = manifest.encode_index { of(media_type.manifest, "x") }
    assert.equal("index", manifest.parse(bytes, "m", media_type.index).kind)
    assert.equal("index", manifest.parse((bytes:gsub('"mediaType":"[^"]*index[^"]*",', ""))).kind)
    assert.equal("manifest", manifest.parse((document():gsub('"mediaType":"[^"]*manifest[^"]*",',
      ""))).kind)
    local docker = manifest.parse(document { mediaType = media_type.docker_manifest })
    assert.equal("manifest", docker.kind)
  end)

  it("keeps what it doesn't know", function()
    assert.equal("yes", manifest.parse(document { ["x-unknown"] = "yes" })["x-unknown"])
  end)

  it("refuses a document that is two things, or not what it says (CVE-2021-41190)", function()
    assert.matches("both a manifest and an index", refused(document { manifests = json.array {} }))
    assert.matches("neither a manifest nor an index", refused '{"schemaVersion":2}')
    assert.matches("is not that of its content", refused(document { mediaType = media_type.index }))
    assert.matches("is not that of its content", refused(document { mediaType = "text/plain" }))
    assert.matches("is not that of its content", refused(document { mediaType = 5 }))
    assert.matches("where the descriptor says",
      refused(document { mediaType = media_type.docker_manifest }, media_type.manifest))
  end)

  it("refuses what is no document", function()
    for _, bytes in ipairs { "", "{", "[]", "5", "null", '"x"', '{"schemaVersion":2}x', "\xff",
      '{"schemaVersion":2,"schemaVersion":2}', '{"a":{"b":1,"b":2}}', "\xef\xbb\xbf{}",
      ('{"a":'):rep(100) .. "1" .. ("}"):rep(100), '{"a":NaN}', '{"a":"\\u0000"}' } do
      refused(bytes)
    end
    assert.matches("schemaVersion 2 expected", refused(document { schemaVersion = 1 }))
    assert.matches("schemaVersion 2 expected", refused(document { schemaVersion = "2" }))
    assert.matches("longer than the limit", refused(document { x = ("x"):rep(4 << 20) }))
  end)

  it("refuses members of another kind", function()
    for _, more in ipairs { { config = "x" }, { config = json.array {} }, { layers = "x" },
      { layers = { a = "b" } }, { layers = json.null }, { layers = json.array { "x" } },
      { layers = json.array { json.null } }, { annotations = "x" }, { annotations = { a = {} } },
      { annotations = json.array { "x" } } } do
      refused(document(more))
    end
    assert.matches("m: layer 2: a descriptor", refused(document { layers = json.array { layers[1],
      { mediaType = media_type.layer, digest = "sha256:../../x", size = 1 } } }))
  end)

  it("has a limit of layers", function()
    local many = json.array {}
    for i = 1, manifest.most_layers do many[i] = layers[1] end
    assert.equal(500, #manifest.parse(document { layers = many }).layers)
    many[501] = layers[1]
    assert.matches("more than the limit of 500", refused(document { layers = many }))
  end)
end)
