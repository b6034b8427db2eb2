--- Image layouts made by hand, right ones and wrong ones.
--
--   local it = layout.new()                       -- a directory with blobs/sha256/
--   local layer = it:blob(bytes, media_type.layer)
--   it:index { it:manifest { layers = { layer }, diff_ids = { layer.digest } } }
--   it.dir, it:tar("z")
local digest = require "lamina.core.digest"
local helper = require "support.helper"
local json = require "lamina.core.json"
local media_type = require "lamina.image.media_type"

local layout = {}

local Layout = {}
Layout.__index = Layout

function layout.new()
  local self = setmetatable({ dir = helper.tmpdir() }, Layout)
  os.execute("mkdir -p " .. self.dir .. "/blobs/sha256")
  return self
end

function Layout:path(of)
  return self.dir .. "/blobs/sha256/" .. of.digest:sub(8)
end

--- Writes a file; a table as JSON.
function Layout:file(name, content)
  helper.write(self.dir .. "/" .. name,
    type(content) == "table" and json.encode(content) or content)
end

--- Writes a blob and answers its descriptor.
function Layout:blob(content, kind)
  local bytes = type(content) == "table" and json.encode(content) or content
  local of = { mediaType = kind, digest = "sha256:" .. digest.sha256(bytes), size = #bytes }
  helper.write(self:path(of), bytes)
  return of
end

--- A configuration; `more` replaces members.
function layout.config(diff_ids, more)
  local config = { architecture = "amd64", os = "linux", config = { Cmd = { "sh" } },
    created = "2024-01-02T03:04:05Z",
    rootfs = { type = "layers", diff_ids = json.array(diff_ids) } }
  for key, value in pairs(more or {}) do config[key] = value end
  return config
end

--- Writes an image's configuration and manifest: { layers =, diff_ids =, config = members of the
-- configuration or its bytes, more = members of the manifest, mediaType = }.
function Layout:manifest(parts)
  local config = parts.config
  if type(config) ~= "string" then config = layout.config(parts.diff_ids, config) end
  local document = { schemaVersion = 2, mediaType = parts.mediaType or media_type.manifest,
    config = self:blob(config, media_type.config), layers = json.array(parts.layers) }
  for key, value in pairs(parts.more or {}) do document[key] = value end
  return self:blob(document, document.mediaType), document
end

--- Writes oci-layout and index.json; `more` are members of the index.
function Layout:index(manifests, more)
  self:file("oci-layout", { imageLayoutVersion = "1.0.0" })
  local index = { schemaVersion = 2, manifests = json.array(manifests) }
  for key, value in pairs(more or {}) do index[key] = value end
  self:file("index.json", index)
end

--- The layout as a tar, through a compressor if one is named; answers its path.
function Layout:tar(compressor)
  local path = helper.tmpdir() .. "/archive.tar"
  assert(os.execute(("tar -C %s -cf - . | %s >%s"):format(self.dir, compressor or "cat", path)))
  return path
end

--- A layer's tar out of a shell script that fills a directory.
function layout.layer(script)
  local dir = helper.tmpdir()
  local status, out, err = helper.sh(([[set -e; umask 022; mkdir %s/root; cd %s/root; %s
    tar --sort=name --mtime=@1700000000 --owner=0 --group=0 --numeric-owner -cf ../l.tar .]])
    :format(dir, dir, script))
  assert(status == 0, out .. err)
  return helper.read(dir .. "/l.tar")
end

-- Two layers: the upper one hides /etc/one and changes /two.
layout.lower = layout.layer "mkdir etc; echo one >etc/one; echo two >two"
layout.upper = layout.layer "mkdir etc; touch etc/.wh.one; echo 2 >two"
layout.lower_id = "sha256:" .. digest.sha256(layout.lower)
layout.upper_id = "sha256:" .. digest.sha256(layout.upper)

--- A layout with one image of these two layers; `change(it, parts)` may spoil it before the index.
function layout.good(change)
  local it = layout.new()
  local parts = { diff_ids = { layout.lower_id, layout.upper_id },
    layers = { it:blob(layout.lower, media_type.layer), it:blob(layout.upper, media_type.layer) } }
  if change then change(it, parts) end
  local of = it:manifest(parts)
  it:index { of }
  return it, of
end

--- Names below a folder of a store (helper.store).
function layout.entries(run, folder)
  return select(2, helper.sh(("find %s/%s -mindepth 1 -maxdepth 1"):format(run.root, folder)))
end

return layout
