--- A file by URL as a source: http("https://example.org/x.tar", { sha256 = "…" }) (SEMANTICS 57).
--
-- What was downloaded stays in the store's cache/ by its digest and time, beside a record of what
-- the server said of the URL. The next build asks whether that still holds; with a checksum it
-- asks nothing. The file is root's, 0600, and as old as Last-Modified says.
local digest = require "lamina.core.digest"
local download = require "lamina.store.download"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local http = require "lamina.util.http"
local remote = require "lamina.build.remote"
local sched = require "lamina.util.sched"
local tree = require "lamina.build.tree"

local file = {}

local File = {}
File.__index = File

--- The last part of a URL's path as a file name, nil where it has none.
local function name_of(url)
  local path = url:match("^%a+://[^/?#]+([^?#]*)") or ""
  local name = path:match("([^/]*)$"):gsub("%%(%x%x)", function(hex)
    return string.char(tonumber(hex, 16))
  end)
  return name ~= "" and name or nil
end

local function check_name(name, url)
  if name == "." or name == ".." or name:find("[/%z]") or #name > 255 then
    failure.raise("invalid-input", ("%s: '%s' is no file name"):format(url, name),
      { hint = "http(url, { name = … }) gives it another" })
  end
  return name
end

--- "sha256:…" as it is in messages and keys.
local function checksum_of(given, url)
  if not given then return nil end
  local hex = given:lower():match("^sha256:(%x+)$")
  if not hex or #hex ~= 64 then
    failure.raise("invalid-input", ("%s: '%s' is no checksum"):format(url, given),
      { hint = "it is sha256: and 64 hexadecimal digits" })
  end
  return "sha256:" .. hex
end

--- The source of a URL. parameters: url, checksum, name.
function file.new(store, parameters)
  local core = require "lamina.core.http"
  local url, err = core.url(parameters.url)
  if not url then
    failure.raise("invalid-input", err.message,
      { hint = err.message:find("password") and "what it is to be known by goes into a secret" })
  end
  local own = parameters.name or name_of(url.url)
  return setmetatable({
    store = store, url = url.url, name = url.url, has_name = own ~= nil, is_exact = true,
    file_name = check_name(own or "download", url.url),
    checksum = checksum_of(parameters.checksum, url.url),
  }, File)
end

--- Which paths of its tree a step takes: the file, whatever characters its name has.
function File:select()
  return { paths = { self.file_name }, is_literal = true }
end

--- Downloads into the cache; answers the record of what came, nil where the old one still holds.
local function fetch(self, old)
  local dir = self.store:temp("download")
  local into <close> = failure.check(fs.open(dir .. "/file", "rw", { mode = 384 })) -- 0600
  local answer = http.check(http.request {
    url = self.url, output = into:fd(), digest = self.checksum,
    etag = old and old.etag, modified = old and old.modified,
    progress = function(so_far)
      self.bus:emit("remote.progress",
        { name = self.url, done = so_far.done, total = so_far.total })
    end,
  }, self.url, old and 304)
  if answer.status == 304 then return nil end
  local modified = answer.headers["last-modified"]
  local record = { url = self.url, digest = answer.digest, size = answer.size,
    etag = answer.headers.etag, modified = modified,
    time = modified and http.time(modified) or 0 }
  download.keep(self.store, dir .. "/file", record)
  return record
end

--- What the URL means now: the record of its download.
local function look(self)
  local old = download.record(self.store, self.url)
  if self.checksum and old and old.digest == self.checksum then return old end
  local can_ask = old and (old.etag or old.modified) and not self.checksum
    and download.path(self.store, old)
  return fetch(self, can_ask and old or nil) or old
end

--- With a checksum nothing has to be asked.
function File:identity()
  local of = self.checksum or remote.once(self, "look", look).digest
  return { http = of, name = self.file_name }
end

local function verified(path, record)
  return path and sched.job(digest.file, path) == record.digest:match("%x+$")
end

--- The record with its file in the cache; what was removed or damaged there is fetched again.
local function ready(self)
  local record = remote.once(self, "look", look)
  local path = download.path(self.store, record)
  if verified(path, record) then return path end
  record = fetch(self)
  return download.path(self.store, record)
end

local function make_tree(self)
  local path, dir = ready(self), self.store:temp("http")
  failure.check(fs.link(path, dir .. "/" .. self.file_name))
  local root = failure.check(fs.open(dir, "dir"))
  self.held[#self.held + 1] = root
  return tree.new(root:fd(), { name = self.name, reset_owner = true })
end

function File:tree()
  return remote.once(self, "tree", make_tree)
end

return file
