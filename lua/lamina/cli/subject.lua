--- What `lamina check` looks at, as lint.lua wants it.
local base = require "lamina.build.base"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local ignore = require "lamina.dockerfile.ignore"
local platform = require "lamina.image.platform"

local subject = {}

local ignore_limit = 1024 * 1024

--- The text of the file that says what the context leaves out, "" where there is none. A link isn't
-- followed: a build doesn't follow it either.
local function ignore_text(name)
  local found = fs.stat(name, { follow = false })
  return found and found.type == "file" and fs.read(name, { limit = ignore_limit }) or ""
end

-- Patterns that leave nothing of a context.
local everything = { ["*"] = true, ["**"] = true, ["**/*"] = true }

local function add_ignored(self, given)
  local name = given.ignore_file or given.context .. "/.dockerignore"
  local patterns = ignore.parse(ignore_text(name), given.ignore_file or ".dockerignore")
  if #patterns == 0 then return end
  self.ignores = ignore.matcher(patterns)
  for _, pattern in ipairs(patterns) do
    self.has_exceptions = self.has_exceptions or pattern.negated or false
    self.ignores_all = self.ignores_all or everything[pattern.text] or false
  end
  self.ignores_all = self.ignores_all and not self.has_exceptions
end

--- Names in a directory of the context; nothing outside it is looked at.
local function lister(dir)
  local root, known = fs.open(dir, "dir"), {}
  return root and function(path)
    known[path] = known[path] or fs.list(path == "" and "." or path, { root = root:fd() }) or {}
    return known[path]
  end
end

--- The configuration of an image of the store, or nil.
local function looker(store)
  return function(ref)
    local ok, image = pcall(store.images.resolve, store.images, ref, nil, base.least_digits)
    if ok then return image.config end
    if not failure.is(image) then error(image, 0) end
  end
end

--- What is looked at is for the first of several platforms.
function subject.platform(given)
  return given.platform and given.platform:match("^[^,]+") or platform.format(platform.host())
end

--- `given` is source.options' answer, `plan` what it evaluates to; `store` may be nil.
function subject.of(given, plan, store)
  local self = { name = given.name, file = given.parsed, plan = plan, args = given.args,
    platform = subject.platform(given), list = lister(given.context),
    image = store and looker(store) }
  add_ignored(self, given)
  return self
end

return subject
