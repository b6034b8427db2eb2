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

-- Layers that their authors don't want passed on are layers all the same.
local foreign = "application/vnd.oci.image.layer.nondistributable.v1.tar"
local docker_foreign = "application/vnd.docker.image.rootfs.foreign.diff.tar"

local compressions = {
  [media_type.layer] = "none", [media_type.layer_gzip] = "gzip", [media_type.layer_zstd] = "zstd",
  [media_type.docker_layer] = "none", [media_type.docker_layer_gzip] = "gzip",
  [media_type.docker_layer .. ".zstd"] = "zstd",
  [foreign] = "none", [foreign .. "+gzip"] = "gzip", [foreign .. "+zstd"] = "zstd",
  [docker_foreign] = "none", [docker_foreign .. ".gzip"] = "gzip",
}

local layers = { none = media_type.layer, gzip = media_type.layer_gzip,
  zstd = media_type.layer_zstd }

--- "none", "gzip" or "zstd" for a layer's media type, nil for what is no layer of ours.
function media_type.compression(name)
  return compressions[name]
end

--- The OCI type of a layer in a compression, nil where there is none.
function media_type.layer_of(compression)
  return layers[compression]
end

local configs = { [media_type.config] = true, [media_type.docker_config] = true }

--- Whether it stands for an image's configuration: other documents are no images.
function media_type.is_config(name)
  return configs[name] or false
end

--- The OCI name for what Docker calls otherwise: the two must not be mixed in one manifest.
function media_type.oci(name)
  return name:find("^application/vnd%.docker%.") and layers[compressions[name]] or name
end

--- "manifest" or "index", nil for anything else.
function media_type.kind(name)
  if name == media_type.manifest or name == media_type.docker_manifest then return "manifest" end
  if name == media_type.index or name == media_type.docker_index then return "index" end
end

return media_type
