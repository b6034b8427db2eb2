--- One repository, to read from: its manifests and blobs, from a mirror or the registry itself.
--
--   local it = remote.new(reference.parse "debian")
--   local top = it:manifest "bookworm"          -- { bytes, digest, document, media_type }
--   it:bytes(of, limit)                         -- a small blob, verified
--   it:download(of, part, { progress = })       -- a large one, into a file that may have a part
local client = require "lamina.registry.client"
local descriptor = require "lamina.image.descriptor"
local endpoint = require "lamina.registry.endpoint"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local manifest = require "lamina.image.manifest"
local media_type = require "lamina.image.media_type"
local reference = require "lamina.image.reference"

local remote = {}

local Remote = {}
Remote.__index = Remote

local accepted = table.concat({ media_type.manifest, media_type.index,
  media_type.docker_manifest, media_type.docker_index }, ", ")
local old_manifest = "application/vnd.docker.distribution.manifest.v1"

function remote.new(ref)
  local self = setmetatable({ ref = ref, clients = {},
    scope = ("repository:%s:pull"):format(ref.path) }, Remote)
  for i, at in ipairs(endpoint.list(ref.domain)) do self.clients[i] = client.new(at) end
  return self
end

--- Asks one after the other: a mirror that fails, or doesn't have it, is no failure. The last is
-- the registry itself, with `no_mirror` the only one.
function Remote:any(ask, no_mirror)
  for i = no_mirror and #self.clients or 1, #self.clients do
    local ok, answer = pcall(ask, self.clients[i])
    if ok then return answer end
    local is_last = i == #self.clients
    if is_last or not failure.is(answer) or answer.kind == "interrupted" then error(answer, 0) end
  end
end

function Remote:path(what, name)
  return ("/v2/%s/%s/%s"):format(self.ref.path, what, name)
end

--- The media type that an answer says; nil where it says nothing that tells.
local function said_type(answer)
  local said = (answer.headers["content-type"] or ""):match("^%s*([^%s;]+)")
  return said and media_type.kind(said) and said or nil
end

local function check_digest(one, answer, what, wanted)
  local said = answer.headers["docker-content-digest"]
  local got = answer.digest
  if wanted and got ~= wanted then
    failure.raise("corrupt", ("%s: %s: what came is %s"):format(one.at.host, what, got))
  elseif said and descriptor.is_digest(said) and said ~= got then
    failure.raise("corrupt", ("%s: %s: it is said to be %s, and is %s"):format(one.at.host, what,
      said, got))
  end
end

--- What it is called has to be what it is.
local function check_type(one, what, type, document)
  local is = document.mediaType or document.kind
  if not type or type == is or media_type.kind(type) == is then return end
  failure.raise("invalid-input", ("%s: %s: it is called '%s', and is '%s'"):format(one.at.host,
    what, type, is))
end

local function read(self, one, name, of)
  local what = ("manifest %s of %s"):format(name, reference.repository(self.ref))
  local answer = one:request { path = self:path("manifests", name), scope = self.scope,
    headers = { Accept = accepted }, limit = manifest.limit }
  if answer.status ~= 200 then one:refuse(answer, what) end
  check_digest(one, answer, what, of and of.digest
    or (descriptor.is_digest(name) and name or nil))
  if of and of.size ~= #answer.body then
    failure.raise("corrupt", ("%s: %s: %d bytes, not %d"):format(one.at.host, what, #answer.body,
      of.size))
  end
  if (answer.headers["content-type"] or ""):find(old_manifest, 1, true) then
    failure.raise("unsupported", ("%s: %s: it is of the first kind that Docker had (schema 1)")
      :format(one.at.host, what))
  end
  local type = of and of.mediaType or said_type(answer)
  local document = manifest.parse(answer.body, one.at.host .. ": " .. what, of and of.mediaType)
  check_type(one, what, type, document)
  return { bytes = answer.body, digest = answer.digest, document = document,
    media_type = document.mediaType or type or media_type[document.kind] }
end

--- A manifest or index by tag or digest; `of` is its descriptor where an index named it.
function Remote:manifest(name, of)
  return self:any(function(one) return read(self, one, name, of) end)
end

--- The bytes of a small blob.
function Remote:bytes(of, limit)
  if of.size > limit then
    failure.raise("invalid-input", ("blob %s is over the limit of %d bytes"):format(of.digest,
      limit))
  end
  return self:any(function(one)
    local answer = one:request { path = self:path("blobs", of.digest), scope = self.scope,
      size = of.size, digest = of.digest, limit = of.size }
    if answer.status ~= 200 then one:refuse(answer, "blob " .. of.digest) end
    return answer.body
  end)
end

--- One try: what the file has isn't asked for again, unless it can't be.
local function continue(self, one, of, part, progress)
  local have = part:size()
  if have == of.size then return { status = 200 } end
  if have > of.size then part:reset() end
  local file <close> = failure.check(fs.open(part.path, "rw"))
  local resume = have < of.size and have or 0
  local answer = one:once { path = self:path("blobs", of.digest), scope = self.scope,
    output = file:fd(), resume = resume, size = of.size, digest = of.digest, progress = progress }
  if answer.status == 416 then part:reset() end
  return answer
end

local function download(self, one, of, part, progress)
  local function try() return continue(self, one, of, part, progress) end
  local answer = one:persist(try)
  if answer.status == 416 then answer = one:persist(try) end
  if answer.status == 200 or answer.status == 206 then return true end
  one:refuse(answer, "blob " .. of.digest)
end

--- Completes the file `part` (store/partial.lua). It has the digest's bytes then, unless it was
-- complete before. how: progress; no_mirror, only the registry itself is asked.
function Remote:download(of, part, how)
  return self:any(function(one) return download(self, one, of, part, how.progress) end,
    how.no_mirror)
end

return remote
