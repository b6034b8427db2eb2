--- Media types of the OCI image specification and Docker's, and what they stand for.
local media_type = {
  manifest = "application/vnd.oci.image.manifest.v1+json",
  index = "application/vnd.oci.image.index.v1+json",
  config = "application/vnd.oci.image.config.v1+json",
  layer = "application/vnd.oci.image.layer.v1.tar",
  layer_gzip = "application/vnd.oci.image.layer.v1.tar+gzip",
  layer_zstd = "application/vnd.oci.image.layer.v1.tar+zstd",
  docker_manifest = "application/vnd.docker.distribution.manifest.v2+json",
  docker_index = "application/vnd.docker.distribution.manifest.list.v2+json",
  docker_config = "application/vnd.docker.container.image.v1+json",
  docker_layer = "application/vnd.docker.image.rootfs.diff.tar",
  docker_layer_gzip = "application/vnd.docker.image.rootfs.diff.tar.gzip",
}

local compressions = {
  [media_type.layer] = "none", [media_type.layer_gzip] = "gzip", [media_type.layer_zstd] = "zstd",
  [media_type.docker_layer] = "none", [media_type.docker_layer_gzip] = "gzip",
}

--- "none", "gzip" or "zstd" for a layer's media type, nil for what is no layer of ours.
function media_type.compression(name)
  return compressions[name]
end

--- "manifest" or "index", nil for anything else.
function media_type.kind(name)
  if name == media_type.manifest or name == media_type.docker_manifest then return "manifest" end
  if name == media_type.index or name == media_type.docker_index then return "index" end
end

return media_type
