local changes = require "lamina.commit.changes"
local commit = require "lamina.commit.commit"
local reference = require "lamina.image.reference"
local text = require "lamina.util.text"

--- What the layer would hold, a line a path, and nothing else happens.
local function show(context, record)
  for _, change in ipairs(changes.pending(context.store, record)) do
    context.out:line("%s %s\t%s", change.kind, change.path,
      change.kind == "D" and "-" or text.size(change.size))
  end
end

local function run(context)
  local options, name = context.options, context.arguments[2]
  local names = name and { reference.target(name) }
  local record = context.store.containers:get(context.arguments[1])
  if options.dry_run then return show(context, record) end
  context.out:line("%s", commit.run(context.store, record, {
    author = options.author, message = options.message, changes = options.change,
    pauses = options.pause, names = names,
  }))
end

return {
  name = "commit",
  summary = "Make an image of a container",
  usage = "commit [OPTIONS] CONTAINER [NAME[:TAG]]",
  help = [[
The image's new layer is what the container has changed; its configuration is the container's own.
The id is printed once everything is on disk. The container stays, and may be changed and committed
again. What lies in volumes and other mounts is never part of it. --change takes CMD, ENTRYPOINT,
ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, SHELL, STOPSIGNAL, USER, VOLUME and WORKDIR.]],
  example = "lamina commit -m 'git by hand' -c 'CMD git --version' git debian:git",
  arguments = { { name = "CONTAINER", kind = "container" },
    { name = "NAME[:TAG]", optional = true } },
  options = {
    { long = "author", short = "a", value = "NAME", help = "who made it" },
    { long = "change", short = "c", value = "INSTRUCTION", many = true,
      help = "a Dockerfile instruction for its configuration" },
    { long = "dry-run", help = "list what the layer would hold (kind, path, size) and stop" },
    { long = "message", short = "m", value = "TEXT", help = "what the history says" },
    { long = "pause", short = "p", default = true,
      help = "stop a running container while it is read (--pause=false: don't)" },
  },
  needs = "join",
  run = run,
}
