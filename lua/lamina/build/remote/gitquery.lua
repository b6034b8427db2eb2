--- The query of a repository's URL: ?tag=v1&subdir=docs&keep-git-dir, as Dockerfiles have it since
-- 1.18. What is written behind '#' may be there too, as long as both say the same.
local check = require "lamina.util.check"
local failure = require "lamina.util.failure"

local gitquery = {}

local function invalid(url, message, hint)
  failure.raise("invalid-input", ("git: %s: %s"):format(url, message), { hint = hint })
end

local booleans = check.go_booleans

-- Key -> the field that it sets, and what its value is.
local rows = {
  ref = { field = "ref" }, tag = { field = "tag" }, branch = { field = "branch" },
  subdir = { field = "subdir" }, checksum = { field = "checksum" },
  commit = { field = "checksum" },
  submodules = { field = "submodules", is_boolean = true },
  ["keep-git-dir"] = { field = "keep_git_dir", is_boolean = true },
}

local names = { "ref", "tag", "branch", "commit", "checksum", "subdir", "submodules",
  "keep-git-dir" }

local function decode(text)
  return (text:gsub("+", " "):gsub("%%(%x%x)", function(hex)
    return string.char(tonumber(hex, 16))
  end))
end

--- A key's value; a boolean without one is true.
local function value_of(row, key, text, url)
  if not row.is_boolean then
    if text == "" then invalid(url, ("'%s' has no value"):format(key)) end
    return text
  end
  if text == "" then return true end
  if booleans[text] == nil then
    invalid(url, ("'%s=%s' is neither true nor false"):format(key, text))
  end
  return booleans[text]
end

local function conflict(url, what, one, other)
  invalid(url, ("the %s is both '%s' and '%s'"):format(what, one, other),
    "say it once: behind '#', or by one of ref, tag and branch")
end

--- Every key of the query, each once.
local function fields_of(query, url)
  local found, seen = {}, {}
  for part in query:gmatch("[^&]+") do
    local key, text = part:match("^([^=]*)=?(.*)$")
    key, text = decode(key), decode(text)
    local row = rows[key]
    if not row then
      local near = check.suggest(key, names)
      invalid(url, ("unknown query '%s'"):format(key), near
        and ("did you mean '%s'?"):format(near) or "there are " .. table.concat(names, ", "))
    end
    local value = value_of(row, key, text, url)
    if seen[key] then invalid(url, ("'%s' comes twice"):format(key)) end
    if found[row.field] ~= nil and found[row.field] ~= value then
      conflict(url, "commit", found[row.field], value)
    end
    seen[key], found[row.field] = true, value
  end
  return found
end

--- "v1" as "refs/tags/v1".
local function whole(name, prefix)
  if not name or name:sub(1, #prefix) == prefix then return name end
  return prefix .. name
end

--- Reads a query into what the fragment has said: { ref =, subdir = }, to which come checksum,
-- submodules and keep_git_dir. `url` is for messages.
function gitquery.read(query, parts, url)
  local found = fields_of(query, url)
  if found.tag and found.branch then
    invalid(url, "a tag and a branch are named", "only one of them can be fetched")
  end
  for _, ref in ipairs { found.ref or false, whole(found.tag, "refs/tags/") or false,
    whole(found.branch, "refs/heads/") or false } do
    if ref and parts.ref and parts.ref ~= ref then conflict(url, "ref", parts.ref, ref) end
    parts.ref = ref or parts.ref
  end
  if found.subdir and parts.subdir and found.subdir ~= parts.subdir then
    conflict(url, "directory", parts.subdir, found.subdir)
  end
  parts.subdir = found.subdir or parts.subdir
  parts.checksum, parts.submodules = found.checksum, found.submodules
  parts.keep_git_dir = found.keep_git_dir
  return parts
end

return gitquery
