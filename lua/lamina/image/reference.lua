--- Image names: [domain/]path[:tag][@digest], as the distribution specification writes them.
--
--   reference.parse "debian"   -> { domain = "docker.io", path = "library/debian", tag = "latest" }
--   reference.familiar(ref)    -> "debian:latest"
--
-- The first part is a domain when it holds a "." or ":" or is "localhost". With a tag and a
-- digest, the digest decides (SEMANTICS 97).
local descriptor = require "lamina.image.descriptor"
local failure = require "lamina.util.failure"

local reference = {}

local default_domain, official = "docker.io", "library/"
local old_default = "index.docker.io" -- as Docker wrote it in its first years
local longest_path = 255

local function refuse(text, why)
  failure.raise("invalid-reference", ("invalid image name '%s': %s"):format(text, why),
    { hint = "a name looks like debian, bombo/debian:git01 or localhost:5000/a/b:tag" })
end

--- Splits off the domain, if the first part is one.
local function split_domain(name)
  local first, rest = name:match("^([^/]+)/(.+)$")
  if first and (first:find("[.:]") or first == "localhost") then return first, rest end
  return default_domain, name
end

local function check_domain(text, domain)
  local host, port = domain:match("^(.-):(%d+)$")
  host = host or domain
  if port and (#port > 5 or tonumber(port) > 65535 or tonumber(port) == 0) then
    refuse(text, ("no such port: %s"):format(port))
  end
  if host:match("^%[[%x:]+%]$") then return end -- IPv6
  for label in (host .. "."):gmatch("(.-)%.") do
    if not label:match("^%w[%w-]*$") or label:match("%-$") then
      refuse(text, ("'%s' is no host name"):format(domain))
    end
  end
end

--- A part is lower-case letters and digits, separated by one ".", one or two "_", or any "-".
local function is_part(part)
  if not part:match("^[a-z0-9]") or not part:match("[a-z0-9]$") then return false end
  for separator in part:gmatch("[^a-z0-9]+") do
    if separator ~= "." and separator ~= "_" and separator ~= "__"
      and not separator:match("^%-+$") then
      return false
    end
  end
  return true
end

local function check_path(text, path)
  if #path > longest_path then refuse(text, "longer than 255 characters") end
  if path:find("%u") then refuse(text, "names are lower-case") end
  for part in (path .. "/"):gmatch("(.-)/") do
    if part == "" then refuse(text, "an empty part") end
    if not is_part(part) then refuse(text, ("'%s' is no part of a name"):format(part)) end
  end
end

local function check_tag(text, tag)
  if #tag > 128 or not tag:match("^[%w_][%w_.-]*$") then
    refuse(text, ("'%s' is no tag"):format(tag))
  end
end

--- Reads a name; raises a failure "invalid-reference". Without tag and digest the tag is "latest".
function reference.parse(text)
  local name, digest = text:match("^(.-)@(.*)$")
  name = name or text
  if digest and not descriptor.is_digest(digest) then
    refuse(text, ("'%s' is no digest"):format(digest))
  end
  local head, tag = name:match("^(.*):([^:/]*)$")
  if tag then
    check_tag(text, tag)
    name = head
  end
  if name == "" then refuse(text, "it is empty") end
  if #name == 64 and name:match("^%x+$") then refuse(text, "it looks like an image id") end
  local domain, path = split_domain(name)
  check_domain(text, domain)
  if domain == old_default then domain = default_domain end
  if domain == default_domain and not path:find("/", 1, true) then path = official .. path end
  check_path(text, path)
  return { domain = domain, path = path, tag = tag or not digest and "latest" or nil,
    digest = digest }
end

local function with_suffix(name, ref)
  if ref.tag then name = name .. ":" .. ref.tag end
  if ref.digest then name = name .. "@" .. ref.digest end
  return name
end

--- The whole name: "docker.io/library/debian:latest".
function reference.format(ref)
  return with_suffix(ref.domain .. "/" .. ref.path, ref)
end

--- Whether a shortened name is read as the same one again: "docker.io/a.b/c" has no short form.
local function means(short, ref)
  local ok, again = pcall(reference.parse, short)
  return ok and again.domain == ref.domain and again.path == ref.path
end

--- The name without tag and digest, as people write it: "debian", "localhost:5000/a".
function reference.repository(ref)
  local full = ref.domain .. "/" .. ref.path
  if ref.domain ~= default_domain then return full end
  local short = ref.path:gsub("^library/", "")
  if means(short, ref) then return short end
  return means(ref.path, ref) and ref.path or full
end

--- As people write it: "debian:latest".
function reference.familiar(ref)
  return with_suffix(reference.repository(ref), ref)
end

--- The whole name by a digest alone: by the one it has, or another.
function reference.by_digest(ref, digest)
  return ("%s/%s@%s"):format(ref.domain, ref.path, digest or ref.digest)
end

--- The whole name that is to be given to an image: one by its digest can't be given.
function reference.target(text)
  local ref = reference.parse(text)
  if ref.digest then refuse(text, "a digest can't be given, only a tag") end
  return reference.format(ref)
end

return reference
