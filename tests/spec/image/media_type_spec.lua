local media_type = require "lamina.image.media_type"

describe("lamina.image.media_type", function()
  it("tells manifests from indexes, and layers by their compression", function()
    assert.equal("manifest", media_type.kind(media_type.docker_manifest))
    assert.equal("index", media_type.kind(media_type.docker_index))
    assert.is_nil(media_type.kind(media_type.config))
    for name, expected in pairs { [media_type.layer] = "none", [media_type.layer_gzip] = "gzip",
      [media_type.layer_zstd] = "zstd", [media_type.docker_layer_gzip] = "gzip",
      ["application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"] = "gzip" } do
      assert.equal(expected, media_type.compression(name))
    end
    for _, name in ipairs { "text/plain", media_type.config, "", media_type.layer .. "+xz" } do
      assert.is_nil(media_type.compression(name))
    end
  end)

  it("has an OCI name for Docker's layers, so that the two never mix (SEMANTICS 90)", function()
    assert.equal(media_type.layer_gzip, media_type.oci(media_type.docker_layer_gzip))
    assert.equal(media_type.layer, media_type.oci(media_type.docker_layer))
    assert.equal(media_type.layer_zstd, media_type.oci(media_type.layer_zstd))
    assert.equal("text/plain", media_type.oci "text/plain")
  end)
end)
