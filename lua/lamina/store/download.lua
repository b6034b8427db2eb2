--- Files that were downloaded, in cache/: each under its digest and time, and for each URL a
-- record of what its server said.
--
--   record = { url=, digest=, size=, time=, etag=, modified= }
--
-- Both go with the build cache (prune); who still needs one has a link of its own.
local digest = require "lamina.core.digest"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local json = require "lamina.core.json"

local download = {}

local function record_path(store, url)
  return ("%s/cache/url-%s"):format(store.root, digest.sha256(url):sub(1, 32))
end

local function file_path(store, record)
  return ("%s/cache/file-%s-%d"):format(store.root, record.digest:match("%x+$"), record.time)
end

local types = { url = "string", digest = "string", size = "number", time = "number" }

--- What is known of a URL, or nil. What isn't a record of ours counts as nothing.
function download.record(store, url)
  local words = fs.read(record_path(store, url), { limit = 65536 })
  local record = words and json.decode(words)
  if type(record) ~= "table" or record.url ~= url then return nil end
  for name, kind in pairs(types) do
    if type(record[name]) ~= kind then return nil end
  end
  return math.type(record.time) == "integer" and record.digest:find("^sha256:%x+$") and record
end

--- The file of a record while it is there.
function download.path(store, record)
  local path = file_path(store, record)
  local stat = fs.stat(path, { follow = false })
  return stat and stat.type == "file" and stat.size == record.size and path or nil
end

--- Gives a whole file its name, and remembers it for its URL.
function download.keep(store, temp, record)
  failure.check(fs.mkdirs(store.root .. "/cache", 448)) -- 0700
  failure.check(fs.utime(temp, record.time))
  failure.check(fs.rename(temp, file_path(store, record)))
  failure.check(fs.write(record_path(store, record.url), json.encode(record)))
end

--- Whether a name in cache/ is of a download.
function download.owns(name)
  return name:find("^url%-%x+$") ~= nil or name:find("^file%-%x+%-%-?%d+$") ~= nil
    or name:find("^git%-%x+$") ~= nil
end

return download
