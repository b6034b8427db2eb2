--- Steps that a stage begins with, and the contexts that files come from.
local base = require "lamina.build.base"
local failure = require "lamina.util.failure"
local giturl = require "lamina.build.remote.giturl"
local named = require "lamina.build.named"
local obtain = require "lamina.registry.obtain"
local platform = require "lamina.image.platform"
local state = require "lamina.build.state"

local source = {}

--- Steps run on this machine's kernel.
local function check_os(os, what)
  if os == "linux" then return end
  failure.raise("unsupported", ("%s is for %s"):format(what, os),
    { hint = "only images for linux can be built on, and built" })
end

--- The platform that a step names: a mistake in it is the recipe's, not the command line's.
local function parse_platform(text)
  local ok, result = pcall(platform.parse, text)
  if ok then return result end
  if not failure.is(result) then error(result, 0) end
  failure.raise("invalid-input", result.message, { hint = result.hint })
end

local function wanted_platform(step, resolver)
  local wanted = step.platform and parse_platform(step.platform) or resolver.options.platform
  check_os(wanted.os, ("the platform '%s'"):format(platform.format(wanted)))
  return wanted
end

-- What Windows images are called: nothing of them needs to be in the store to tell.
local windows = { "^mcr%.microsoft%.com/windows[/:@]", "^mcr%.microsoft%.com/windows$",
  "^mcr%.microsoft%.com/dotnet/framework/", "^mcr%.microsoft%.com/.*[-:]nanoserver",
  "^mcr%.microsoft%.com/.*[-:]windowsservercore", "^microsoft/nanoserver",
  "^microsoft/windowsservercore" }

local function check_name(ref)
  for _, pattern in ipairs(windows) do
    if ref:find(pattern) then check_os("windows", ("the image '%s'"):format(ref)) end
  end
end

function source.scratch(step, _, resolver)
  return state.scratch(wanted_platform(step, resolver))
end

--- The platform of an image; nil where it doesn't say, as those that were made from a tar.
local function platform_of(image)
  local whole = image.config
  if not whole.architecture or whole.architecture == "" then return nil end
  return { os = whole.os or "linux", architecture = whole.architecture,
    variant = whole.variant ~= "" and whole.variant or nil }
end

--- Whether an image serves a platform; where nobody asked for one, any does.
local function fits(image, wanted, step, resolver)
  local has = platform_of(image)
  return not has or platform.matches(wanted, has)
    or not (step.platform or resolver.options.platform_is_asked)
end

--- What a stage on an image is for. Where nobody asked for a platform, the image decides.
local function choose_platform(image, wanted, step, resolver)
  local has = platform_of(image)
  if not has or platform.matches(wanted, has) then return wanted end
  if fits(image, wanted, step, resolver) then return has end
  failure.raise("not-found", ("'%s' in the store is for %s, not %s"):format(step.ref,
    platform.format(has), platform.format(wanted)),
    { hint = "`lamina load --all-platforms` keeps the images for all platforms of an archive" })
end

--- An image of the store, or of a registry. It is looked for once a build: what a name stands for
-- doesn't change while the build goes on.
local function find(ref, wanted, step, resolver)
  local options = resolver.options
  local images, key = options.images or {}, ref .. " " .. platform.format(wanted)
  images[key] = images[key] or obtain.image(resolver.store, ref, {
    platform = wanted, policy = options.pull, bus = options.bus, least = base.least_digits,
    fits = function(image) return fits(image, wanted, step, resolver) end,
    before = function() options.keeper:settle() end, -- it takes its time
    promise = function(diff_ids, fetch) options.promised:add(diff_ids, fetch) end,
  })
  return images[key]
end

function source.image(step, _, resolver)
  local wanted = wanted_platform(step, resolver)
  local entry = named.find(resolver, step.ref)
  local ref = entry and named.image(entry, resolver, wanted)
  if entry and not ref then return named.files(entry, step, resolver, wanted) end
  ref = ref or step.ref
  check_name(ref)
  local image = find(ref, wanted, step, resolver)
  check_os(image.config.os or "linux", ("the image '%s'"):format(ref))
  wanted = choose_platform(image, wanted, step, resolver)
  resolver.options.keeper:need(image.layers)
  local at = state.from_image(image, wanted)
  local triggers = (image.config.config or {}).OnBuild or {}
  if #triggers == 0 or step.files_only then return at end
  return require("lamina.build.trigger").apply(step, at, resolver, triggers)
end

source["local"] = function(step, _, resolver)
  return resolver.contexts:get(step.path or ".", step.exclude)
end

--- A file by URL (build/remote/http.lua). Its parameters are the recipe's texts as they are: no
-- stage's variables belong to them.
function source.http(step, _, resolver)
  return resolver.remotes:get("http", { url = step.url, checksum = step.checksum,
    name = step.name })
end

--- A repository (build/remote/git.lua), which may also be named as a Dockerfile does: URL#ref:dir.
function source.git(step, _, resolver)
  return resolver.remotes:get("git", giturl.source(step.url, step))
end

return source
