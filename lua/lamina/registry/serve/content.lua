--- What our registry has: the images of the store, under their names.
--
--   local content <close> = content.new(store)
--   content:answer(request)          -- what connection.lua sends
--
-- "debian" is what it is everywhere in lamina: docker.io/library/debian. Layers go out as they came
-- or as gzip, made when they are first asked for.
local attestation = require "lamina.image.attestation"
local chosen = require "lamina.store.chosen"
local descriptor = require "lamina.image.descriptor"
local digest = require "lamina.core.digest"
local documents = require "lamina.image.documents"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local is_loopback = require "lamina.registry.loopback"
local json = require "lamina.core.json"
local media_type = require "lamina.image.media_type"
local outgoing = require "lamina.store.outgoing"
local page = require "lamina.registry.serve.page"
local reference = require "lamina.image.reference"
local sched = require "lamina.util.sched"

local content = {}

local Content = {}
Content.__index = Content

function content.new(store)
  return setmetatable({ store = store, known = {},
    layers = outgoing.new(store, { default = "gzip" }) }, Content)
end

local function refuse(status, code, message)
  return { status = status, headers = { ["Content-Type"] = "application/json" },
    body = failure.check(json.encode { errors = json.array { { code = code,
      message = message } } }) }
end

local function document(bytes, media)
  return { status = 200, body = bytes, headers = { ["Content-Type"] = media,
    ["Docker-Content-Digest"] = "sha256:" .. digest.sha256(bytes) } }
end

--- Remembers bytes that somebody may ask for by their digest.
local function know(self, bytes, media)
  local of = descriptor.new(media, "sha256:" .. digest.sha256(bytes), #bytes)
  self.known[of.digest] = { body = bytes, media = media }
  return of
end

local function know_image(self, image)
  local work, blobs, layers = {}, {}, {}
  for i, diff_id in ipairs(image.layers) do
    work[i] = function() blobs[i] = self.layers:file(diff_id) end
  end
  sched.all(work, sched.cores())
  for i, blob in ipairs(blobs) do
    layers[i] = blob.of
    self.known[blob.of.digest] = { path = blob.path, size = blob.of.size }
  end
  know(self, image.config, media_type.config)
  local of = know(self, documents.manifest(image, layers))
  of.platform = image.platform
  return of
end

--- The same for what is said of an image; adds the entries of its index to a list.
local function know_attestations(self, image, of, list)
  for _, one in ipairs((attestation.of_manifest(image.attestations, of.digest))) do
    know(self, one.config, media_type.config)
    for _, bytes in ipairs(one.blobs) do know(self, bytes, media_type.config) end
    know(self, one.manifest, media_type.manifest)
    list[#list + 1] = attestation.entry(one)
  end
end

--- Makes all of an image or an index known; answers its document. An index made here is known with
-- what is said of its images, and as the store has it, by whose digest somebody may ask.
local function find(self, name)
  local entry = chosen.entries(self.store, { name })[1]
  local list = {}
  for i, image in ipairs(entry.images) do list[i] = know_image(self, image) end
  local of = list[1]
  if entry.index then of = know(self, documents.index(entry.index, list)) end
  for i, image in ipairs(entry.images) do know_attestations(self, image, list[i], list) end
  if #list > #entry.images then of = know(self, documents.index(entry.index, list)) end
  return self.known[of.digest]
end

local function unknown(message)
  return refuse(404, "MANIFEST_UNKNOWN", message)
end

local function manifest(self, path, what)
  local is_digest = descriptor.is_digest(what)
  local known = is_digest and self.known[what]
  if not known then
    local ok, found = pcall(find, self, path .. (is_digest and "@" or ":") .. what)
    if not ok and not failure.is(found) then error(found, 0) end
    if not ok then return unknown(found.message) end
    known = not is_digest and found or self.known[what]
    if not known then return unknown "its layers are compressed otherwise here" end
  end
  if not known.body then return unknown "a blob, and no manifest" end
  return document(known.body, known.media)
end

--- What isn't known from a manifest may be so from an earlier run.
local function kept(self, of)
  local row = failure.check(self.store.db:row([[select 1 as found from layers where blob = ?1
    union select 1 from images where id = ?1]], of))
  local stat = row and self.store.blobs:has(of) and fs.stat(self.store.blobs:path(of))
  return stat and { path = self.store.blobs:path(of), size = stat.size }
end

local function blob(self, of)
  local known = descriptor.is_digest(of) and (self.known[of] or kept(self, of))
  if not known then return refuse(404, "BLOB_UNKNOWN", "there is no such blob") end
  return { status = 200, body = known.body, path = known.path, size = known.size, headers = {
    ["Content-Type"] = "application/octet-stream", ["Docker-Content-Digest"] = of } }
end

local function tags_of(self, path)
  local ok, ref = pcall(reference.parse, path)
  local list = {}
  for _, image in ipairs(self.store.images:list()) do
    for _, name in ipairs(image.names) do
      local other = reference.parse(name)
      if ok and other.domain == ref.domain and other.path == ref.path then
        list[#list + 1] = other.tag
      end
    end
  end
  table.sort(list)
  return list
end

local function tags(self, path, query)
  local list = tags_of(self, path)
  if #list == 0 then return refuse(404, "NAME_UNKNOWN", "there is no such image") end
  local part, next_query = page.of(list, query)
  if not part then return refuse(400, "PAGINATION_NUMBER_INVALID", "n is to be a number") end
  local found = document(failure.check(json.encode { name = path, tags = json.array(part) }),
    "application/json")
  found.headers.Link = next_query
    and ('</v2/%s/tags/list?%s>; rel="next"'):format(path, next_query)
  return found
end

local function answer(self, request)
  local path, query = request.path:match("^([^?]*)%??(.*)$")
  -- a page in a browser may reach us by a name that leads here, but not by one of ours
  if not is_loopback(request.headers.host or "") then
    return refuse(403, "DENIED", "not by this name")
  end
  if request.method ~= "GET" and request.method ~= "HEAD" then
    return refuse(405, "UNSUPPORTED", "this registry can only be read")
  end
  if path == "/v2/" or path == "/v2" then return document("{}", "application/json") end
  local name, kind, what = path:match("^/v2/(.+)/(%a+)/([^/]+)$")
  if kind == "manifests" then return manifest(self, name, what) end
  if kind == "blobs" then return blob(self, what) end
  if kind == "tags" and what == "list" then return tags(self, name, query) end
  return refuse(404, "UNSUPPORTED", "there is nothing here")
end

--- What to send for a request. A failure is told to whoever asked.
function Content:answer(request)
  local ok, result = pcall(answer, self, request)
  if ok then
    result.headers["Docker-Distribution-Api-Version"] = "registry/2.0"
    return result
  end
  if not failure.is(result) or result.kind == "interrupted" then error(result, 0) end
  return refuse(500, "UNKNOWN", result.message)
end

function Content:__close()
  self.layers:__close()
end

return content
