--- Named contexts (--build-context): what stands for an image's or a stage's name in this build.
--
--   options.named = { ["docker.io/library/base:latest"] = { kind =, … } }     by canonical name
--
--   { kind = "local", path = dir }            { kind = "image", ref = "debian:12" }
--   { kind = "layout", path = dir, digest = } { kind = "git", url = "https://…/x.git#ref:dir" }
--
-- A Dockerfile's stage of that name is an image's name in the recipe it becomes (translate).
local context = require "lamina.build.context"
local failure = require "lamina.util.failure"
local giturl = require "lamina.build.remote.giturl"
local json = require "lamina.core.json"
local needs = require "lamina.plan.needs"
local reference = require "lamina.image.reference"
local state = require "lamina.build.state"

local named = {}

--- The name under which a context is found; nil for what is no name.
function named.canonical(name)
  local ok, ref = pcall(reference.parse, name)
  return ok and reference.format(ref) or nil
end

--- What stands for an image's name, or nil.
function named.find(resolver, ref)
  local all = resolver.options.named
  local name = all and named.canonical(ref)
  return name and all[name]
end

local sources = {}

sources["local"] = function(entry, resolver)
  if not entry.set then
    entry.set = context.set(resolver.store, { context = entry.path, bus = resolver.options.bus })
    resolver.contexts:adopt(entry.set)
  end
  return entry.set:get(".")
end

function sources.git(entry, resolver)
  return resolver.remotes:get("git", giturl.source(entry.url))
end

local builds_on = { input = true, inputs = true, lower = true, upper = true }

--- Whether something stands on a step, or it is built itself: then it is no mere place of files.
local function is_base(resolver, step)
  local is_one = false
  for _, other in ipairs(resolver.plan.steps) do
    needs.each(other, function(id, field)
      is_one = is_one or id == step.id and builds_on[field] or false
    end)
  end
  for _, target in ipairs(resolver.plan.targets) do
    is_one = is_one or target.step == step.id
  end
  return is_one
end

--- A stage whose only layer is the files.
local function stage_of(source, step, resolver, platform)
  return resolver:vertex(step, state.scratch(platform), "COPY . / # context", {
    kind = "copy", sources = json.array { "." },
    uses = { { source = source, select = { paths = { "." } } } },
    params = { destination = "/", inline = json.array {} },
  })
end

--- Loads a layout into the store, without its names, and answers the image's id.
local function load_layout(entry, resolver, platform)
  local loaded = require("lamina.archive.load").run(resolver.store,
    { from = entry.path, platform = platform, is_unnamed = true, all_platforms = false })
  for _, image in ipairs(loaded) do
    local has = resolver.store.images:resolve(image.id)
    if not entry.digest and #loaded == 1 or has.manifest == entry.digest or
      has.id == entry.digest then
      return image.id
    end
  end
  failure.raise("not-found", entry.digest
    and ("%s has no image %s"):format(entry.path, entry.digest)
    or ("%s has %d images"):format(entry.path, #loaded),
    { hint = "oci-layout://PATH@sha256:… names one" })
end

--- The image that a context is: its name or id; nil when it is files.
function named.image(entry, resolver, platform)
  if entry.kind == "image" then return entry.ref end
  if entry.kind ~= "layout" then return nil end
  entry.id = entry.id or load_layout(entry, resolver, platform)
  return entry.id
end

--- The files of a context: to copy from, or a stage where one is needed.
function named.files(entry, step, resolver, platform)
  local source = sources[entry.kind](entry, resolver)
  if step.files_only or not is_base(resolver, step) then return source end
  return stage_of(source, step, resolver, platform)
end

return named
