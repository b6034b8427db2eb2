--- One repository, to write into.
--
--   local to = upload.new(reference.parse "localhost:5000/a/b:v1")
--   to:blob(of, path, { progress =, from = { "c/d" } })   -- answers whether it had to be sent
--   to:bytes(media, bytes)                                -- a small blob; answers its descriptor
--   to:manifest(name, media, bytes)
--
-- A blob goes in one request. What was cut off goes on in pieces where the registry has stopped, as
-- does what a proxy finds too large at once.
local client = require "lamina.registry.client"
local descriptor = require "lamina.image.descriptor"
local digest = require "lamina.core.digest"
local endpoint = require "lamina.registry.endpoint"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local http = require "lamina.core.http"
local reference = require "lamina.image.reference"

local upload = {}

local Upload = {}
Upload.__index = Upload

local piece = 8 << 20 -- what any proxy takes at once

function upload.new(ref, options)
  return setmetatable({ ref = ref, client = client.new(endpoint.home(ref.domain)),
    scope = ("repository:%s:pull,push"):format(ref.path),
    chunk = (options or {}).chunk }, Upload)
end

function Upload:path(rest)
  return ("/v2/%s/%s"):format(self.ref.path, rest)
end

--- Whether the registry has a blob.
function Upload:has(of)
  local answer = self.client:request { method = "HEAD", path = self:path("blobs/" .. of),
    scope = self.scope }
  if answer.status == 401 then self.client:refuse(answer, "blob " .. of) end
  return answer.status == 200
end

--- Where an answer says to go on.
local function location_of(self, answer, what)
  local text = answer.headers.location
  local url, err
  if text then url, err = http.url(text, answer.url) end
  if url then return url.url end
  failure.raise("system", ("%s: %s: it doesn't say where to upload%s"):format(self.client.at.host,
    what, err and ": " .. err.message or ""))
end

--- An upload that a registry has begun: { url =, offset =, least = bytes of a piece but the last }.
local function session_of(self, answer, what)
  local least = (answer.headers["oci-chunk-min-length"] or ""):match("^%s*(%d+)%s*$")
  return { url = location_of(self, answer, what), offset = 0, least = tonumber(least) or 0 }
end

local function post(self, query, scope)
  return self.client:request { method = "POST", path = self:path("blobs/uploads/" .. query),
    scope = scope or self.scope }
end

--- Has the registry take the blob from another of its repositories; answers whether it did, or else
-- the upload. Its token server may not let us read there: then the blob is sent.
local function mount(self, of, from)
  local ok, answer = pcall(post, self, ("?mount=%s&from=%s"):format(of.digest, from),
    ("%s repository:%s:pull"):format(self.scope, from))
  if not ok then
    if not failure.is(answer) or answer.kind == "interrupted" then error(answer, 0) end
    return false
  end
  if answer.status == 201 then return true end
  return false, answer.status == 202 and session_of(self, answer, "blob " .. of.digest) or nil
end

local function begin(self, of)
  local answer = post(self, "")
  if answer.status == 202 then return session_of(self, answer, "blob " .. of.digest) end
  self.client:refuse(answer, "upload blob " .. of.digest)
end

local function with_digest(url, of)
  return url .. (url:find("?", 1, true) and "&" or "?") .. "digest="
    .. of.digest:gsub(":", "%%3A")
end

local function send(self, method, url, file, progress, headers)
  headers = headers or {}
  headers["Content-Type"] = "application/octet-stream"
  return self.client:once { method = method, url = url, file = file, progress = progress,
    scope = self.scope, headers = headers }
end

--- How many bytes an answer's "0-LAST" stands for; nil where it doesn't say.
local function told(answer)
  local last = (answer.headers.range or ""):match("^%s*%w*=?0%-(%d+)%s*$")
  return last and (math.tointeger(tonumber(last)) or math.maxinteger - 1) + 1
end

--- How much of an upload the registry has, and where it goes on; nil when it knows nothing of it.
-- Of nothing registries say "0-0", which also is one byte: neither is worth going on with.
local function state_of(self, session, what)
  local answer = self.client:request { url = session.url, scope = self.scope }
  if answer.status ~= 204 then return nil end
  local offset = told(answer) or 0
  if offset < 2 then return nil end
  return { url = answer.headers.location and location_of(self, answer, what) or session.url,
    offset = offset, least = session.least }
end

--- Where the next piece begins after one from `base` to `ending`: the registry may have taken a
-- part of it. What it can't have, or none of it, isn't worth going on with.
local function offset_after(self, answer, base, ending, what)
  local offset = told(answer) or ending
  if offset == ending or (offset > base and offset > 1 and offset < ending) then return offset end
  failure.raise("system", ("%s: %s: it says that it has %d bytes, after %d of them were sent")
    :format(self.client.at.host, what, offset, ending))
end

--- Sends what is left in pieces, none shorter than the registry takes but the last; answers the
-- last answer, that of the end.
local function send_pieces(self, session, of, path, progress)
  while session.offset < of.size do
    local base, least = session.offset, math.max(self.chunk or piece, session.least)
    local size = math.min(least, of.size - base)
    local answer = send(self, "PATCH", session.url, { path = path, from = base, size = size },
      function(at) progress { done = base + at.done } end,
      { ["Content-Range"] = ("%d-%d"):format(base, base + size - 1) })
    if answer.status ~= 202 then return answer end
    session.url = location_of(self, answer, "blob " .. of.digest)
    session.offset = offset_after(self, answer, base, base + size, "blob " .. of.digest)
  end
  return send(self, "PUT", with_digest(session.url, of), { path = path, size = 0 }, nil)
end

local function send_all(self, session, of, path, progress)
  if session.offset > 0 or self.chunk then
    return send_pieces(self, session, of, path, progress)
  end
  local answer = send(self, "PUT", with_digest(session.url, of), { path = path, size = of.size },
    progress)
  if answer.status ~= 413 then return answer end
  self.chunk = piece
  return answer
end

--- An upload may be over before its time, or be elsewhere: once, that passes.
local function forgive(answer, job)
  if answer.status ~= 404 and answer.status ~= 416 then return answer end
  job.session = nil
  answer.status = job.is_lost and answer.status or 503
  job.is_lost = true
  return answer
end

--- One try, with what the one before has left.
local function try(self, of, path, progress, job)
  if job.session and job.is_begun then
    job.session = state_of(self, job.session, "blob " .. of.digest)
  end
  job.session = job.session or begin(self, of)
  job.is_begun = true
  local answer = send_all(self, job.session, of, path, progress)
  if answer.status == 413 and self.chunk and not job.is_cut then
    job.is_cut = true
    return try(self, of, path, progress, job)
  end
  return forgive(answer, job)
end

local function check_size(of, path)
  local size = failure.check(fs.stat(path)).size
  if size == of.size then return end
  failure.raise("corrupt", ("blob %s has %d bytes, not %d"):format(of.digest, size, of.size),
    { hint = "lamina fsck" })
end

--- Sends a blob unless it is there. how: progress; from, other repositories of the registry that
-- may have it.
function Upload:blob(of, path, how)
  if self:has(of.digest) then return false end
  check_size(of, path)
  local job = {}
  for _, other in ipairs(how.from or {}) do
    local is_mounted, session = mount(self, of, other)
    if is_mounted then return false end
    job.session = job.session or session
  end
  local function again()
    return try(self, of, path, how.progress or function() end, job)
  end
  local answer = self.client:persist(again)
  if answer.status ~= 201 and answer.status ~= 204 then
    self.client:refuse(answer, "upload blob " .. of.digest)
  end
  return true
end

--- Sends a small blob out of memory.
function Upload:bytes(media, bytes)
  local of = descriptor.new(media, "sha256:" .. digest.sha256(bytes), #bytes)
  if self:has(of.digest) then return of end
  local job = {}
  local answer = self.client:persist(function()
    return forgive(self.client:once { method = "PUT", url = with_digest(begin(self, of).url, of),
      scope = self.scope, body = bytes,
      headers = { ["Content-Type"] = "application/octet-stream" } }, job)
  end)
  if answer.status ~= 201 and answer.status ~= 204 then
    self.client:refuse(answer, "upload blob " .. of.digest)
  end
  return of
end

--- Gives a manifest or an index a name: a tag, or its digest.
function Upload:manifest(name, media, bytes)
  local what = ("manifest %s of %s"):format(name, reference.repository(self.ref))
  local answer = self.client:request { method = "PUT", path = self:path("manifests/" .. name),
    scope = self.scope, body = bytes, headers = { ["Content-Type"] = media } }
  if answer.status < 200 or answer.status > 299 then self.client:refuse(answer, what) end
  local said = answer.headers["docker-content-digest"]
  local own = "sha256:" .. digest.sha256(bytes)
  if said and descriptor.is_digest(said) and said ~= own then
    failure.raise("corrupt", ("%s: %s: it was stored as %s, and is %s"):format(
      self.client.at.host, what, said, own))
  end
end

return upload
