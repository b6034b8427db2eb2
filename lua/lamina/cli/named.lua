--- The values of --build-context: NAME=DIR, docker-image://REF, oci-layout://PATH[@DIGEST], or a
-- repository.
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local giturl = require "lamina.build.remote.giturl"
local named = require "lamina.build.named"
local reference = require "lamina.image.reference"

local parsed = {}

local forms = "NAME=DIR, NAME=docker-image://REF, NAME=oci-layout://PATH[@sha256:…], NAME=GIT-URL"

local function usage(message, hint)
  failure.raise("usage", "--build-context: " .. message, { hint = hint or forms })
end

local function check_dir(path, what)
  local found, err = fs.stat(path)
  if not found then
    failure.raise("not-found", ("--build-context: %s"):format(err.message), { errno = err.errno })
  elseif found.type ~= "dir" then
    usage(("'%s' is no %s"):format(path, what))
  end
end

local function image(text)
  reference.parse(text)
  return { kind = "image", ref = text }
end

local function layout(text)
  local path, digest = text:match("^(.-)@(sha256:%x+)$")
  check_dir(path or text, "layout")
  return { kind = "layout", path = path or text, digest = digest }
end

local function entry_of(value)
  local scheme, rest = value:match("^([%a-]+)://(.*)$")
  if scheme == "docker-image" then return image(rest) end
  if scheme == "oci-layout" then return layout(rest) end
  if giturl.is_one(value) then
    giturl.check(giturl.split(value).url)
    return { kind = "git", url = value }
  end
  if scheme then
    usage(("'%s' can't be a context"):format(value), scheme:find("^http")
      and "a recipe's http(url) is a file; a repository's URL ends with .git" or forms)
  end
  check_dir(value, "directory")
  return { kind = "local", path = value }
end

--- All of them by canonical name, for build.run; nil where there is none.
function parsed.parse(words)
  local all = {}
  for _, word in ipairs(words or {}) do
    local name, value = word:match("^([^=]+)=(.+)$")
    if not name then usage(("NAME=… expected, not '%s'"):format(word)) end
    local canonical = named.canonical(name:find("/", 1, true) and name or name:lower())
      or usage(("'%s' is no name of an image or a stage"):format(name))
    if all[canonical] then usage(("'%s' comes twice"):format(name)) end
    all[canonical] = entry_of(value)
    all[canonical].name = name:lower()
  end
  return next(all) and all or nil
end

return parsed
