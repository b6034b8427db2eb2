local agents = require "lamina.cli.agents"
local attests = require "lamina.cli.attests"
local build = require "lamina.build.build"
local built = require "lamina.cli.built"
local cache_options = require "lamina.cli.cache_options"
local checked = require "lamina.cli.checked"
local config = require "lamina.config.config"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local outputs = require "lamina.cli.outputs"
local progress = require "lamina.ui.progress"
local report = require "lamina.cli.report"
local secrets = require "lamina.cli.secrets"
local source = require "lamina.cli.source"
local terminal = require "lamina.core.terminal"
local text = require "lamina.util.text"
local uses = require "lamina.cli.uses"
local view = require "lamina.cli.view"
local watching = require "lamina.cli.watching"

local function pairs_of(words, what)
  local list = {}
  for i, word in ipairs(words) do list[i] = { source.pair(word, what) } end
  return list
end

local function tell_warnings(options, found, unused)
  if options.quiet or options.progress == "quiet" or options.progress == "json" then return end
  if found then
    io.stderr:write(found, " found; `lamina check` with the same file shows them\n")
  end
  for _, name in ipairs(unused) do
    io.stderr:write(("warning: nothing asks for the build argument '%s'\n")
      :format(text.escape(name)))
  end
end

--- The file is opened before anything is built: a trace that can't be written is told at once.
local function start_trace(context)
  local file = failure.check(fs.open(context.options.trace, "w", { mode = 420 })) -- 0644
  return progress.trace(context.bus, file)
end

--- What can't work is told before anything is built: a shell needs somebody at the keyboard.
local function before(context)
  built.prepare(context)
  context.options.progress = context.options.progress or config.get "build.progress"
  if context.options.watch then watching.check(context.options) end
  if not context.options.on_failure then return end
  if terminal.is_terminal(0) and terminal.is_terminal(2) then return end
  failure.raise("usage", "build: --on-failure=shell needs a terminal",
    { hint = "leave it out where nobody can type; `lamina logs` shows what a step wrote" })
end

--- Opens a shell in the failed step once the screen is free.
local function shell_opener(shown)
  return function(err, enter)
    shown:close()
    report.failure(err)
    io.stderr:write("lamina: a shell in the failed step; what is done here is thrown away, ",
      "'exit' leaves it\n")
    local ok, problem = pcall(enter)
    if not ok then report.failure(problem) end
  end
end

--- The words of an option that may come several times, or else those that are set.
local function several(words, setting)
  return #words > 0 and words or config.get(setting) or words
end

local function build_once(context, inputs)
  local options = context.options
  local given = source.options(context)
  given.inputs, given.bus, given.tags, given.target = inputs, context.bus, options.tag,
    source.target(given, options.target)
  given.no_cache, given.dry_run, given.jobs = options.no_cache, options.dry_run, options.jobs
  given.pull = options.pull and "always" or nil
  given.cache_from = cache_options.from(several(options.cache_from, "build.cache-from"))
  given.cache_to = cache_options.to(several(options.cache_to, "build.cache-to"), given.args)
  given.sync, given.no_cache_filter = options.sync, source.words(options.no_cache_filter)
  given.verify, given.source_date_epoch = options.verify, options.source_date_epoch
  given.network, given.iidfile = options.network, options.iidfile
  given.outputs, given.metadata_file = outputs.parse(options.output), options.metadata_file
  if options.push then
    given.outputs = given.outputs or {}
    table.insert(given.outputs, { type = "registry" })
  end
  given.labels = pairs_of(options.label, "--label")
  given.ssh = agents.parse(options.ssh)
  local said = attests.parse(options)
  given.provenance, given.sbom = said.provenance, said.sbom
  given.secrets, given.allow = secrets.parse(options.secret), source.set(options.allow)
  given.asked = {}
  local result, found, planned
  do
    local _trace <close> = options.trace and start_trace(context) or nil
    local shown <close> = view.open(context)
    given.on_failure = options.on_failure and shell_opener(shown)
    function given.planned(plan)
      found, planned = found or checked.warnings(given, plan, context.store), plan
    end
    result = build.run(context.store, given)
  end
  tell_warnings(options, found, source.unused_arguments(given, planned))
  built.show(context, result)
end

local function run(context)
  if context.options.check then
    return checked.run(context, source.options(context), context.store)
  end
  if not context.options.watch then return build_once(context) end
  return watching.run(context, function(inputs) build_once(context, inputs) end)
end

return {
  name = "build",
  summary = "Build an image from a recipe",
  usage = "build [OPTIONS] [CONTEXT]",
  help = [[
The recipe is recipe.lua in the context unless -f names another. CONTEXT is the directory that
copy reads from, less what its .dockerignore excludes; without it, the current one. It may also be
a repository (https://host/x.git#ref:dir), an archive by URL, or '-' for one on standard input; then
-f names a file in it. Steps that were made before are taken from the cache. The image's id is
printed when it is done.
-o says what becomes of the result, and may come several times: type=store (the default) keeps the
image; type=registry (or --push) pushes it as well; type=oci and type=docker write an archive of it
(compression=none|gzip|zstd, compression-level=N; oci with tar=false a layout); type=tar a flat tar
of its files; type=local the files themselves; type=none nothing. dest names the file or directory;
'-', or no dest, is standard output. In short, -o DIR is type=local and -o - is type=tar.
--cache-to writes what the steps have made where --cache-from of another machine finds it, and both
may come several times: type=registry,ref=NAME, or the name alone, is a registry; type=local a
directory, dest=DIR to write and src=DIR to read, in which tag=TAG tells several apart; type=inline
the image itself, for --cache-from with its name once it is pushed. mode=min (the default) writes
the layers of the result, mode=max (not inline) those of all stages; compression=none|gzip|zstd with
compression-level=N (1 to 3 for gzip, 22 for zstd) is for all of them, with force-compression=false
only for those that have none yet. With ignore-error=true the build doesn't fail where it can't be
written; a cache that can't be read is told of, and does without.]],
  example = "lamina build -t bombo/debian:git01 -f recipes/git.lua .",
  arguments = { { name = "CONTEXT", kind = "file", optional = true } },
  options = {
    { long = "allow", value = "network.host|security.insecure", many = true,
      choices = { "network.host", "security.insecure" },
      help = "let the recipe's steps have this" },
    { long = "attest", value = "type=provenance|sbom[,…]", many = true,
      help = "as --provenance and --sbom" },
    source.rows.build_arg,
    { long = "build-context", value = "NAME=DIR|URL", many = true,
      help = "a directory, docker-image://, oci-layout:// or git for an image's or stage's name" },
    { long = "check", help = "only look for mistakes, as `lamina check` does" },
    { long = "cache-from", value = "NAME|type=KIND,…", many = true, setting = "build.cache-from",
      help = "take what other builders have made from there: registry, local" },
    { long = "cache-to", value = "NAME|type=KIND,…", many = true, setting = "build.cache-to",
      help = "write there what the steps have made: registry, local, inline (into the image)" },
    { long = "dry-run", help = "only say which steps are cached and which would run" },
    source.rows.file,
    { long = "format", value = "TEMPLATE",
      help = "print the result like this: json, or a Go template" },
    { long = "iidfile", value = "FILE", help = "write the image's id to a file" },
    { long = "jobs", short = "j", value = "N", integer = true, least = 1, setting = "build.jobs",
      help = "steps at the same time" },
    { long = "label", value = "NAME=VALUE", many = true, help = "a label for the image" },
    { long = "metadata-file", value = "FILE",
      help = "write digests and names of the image to a file, as Docker does" },
    { long = "network", value = "KIND", choices = { "default", "host", "none" },
      setting = "build.network", help = "for steps that name no network themselves" },
    { long = "no-cache", help = "run every step" },
    { long = "no-cache-filter", value = "NAME[,…]", many = true,
      help = "run every step of these stages or targets" },
    { long = "on-failure", value = "shell", choices = { "shell" },
      help = "open a shell in a step that fails" },
    { long = "output", short = "o", value = "type=KIND[,dest=PATH]|DIR|-", many = true,
      help = "what becomes of the result: store, registry, oci, docker, tar, local, none" },
    { long = "platform", value = "OS/ARCH[/VARIANT][,…]", many = true,
      help = "what the image is for (default: this machine); several make an index" },
    { long = "progress", value = "KIND", setting = "build.progress",
      choices = { "auto", "plain", "live", "json", "quiet" }, help = "how progress is shown" },
    { long = "provenance", value = "true|mode=max", implied = "true",
      help = "attach how the image was made; mode=max: with arguments and the plan" },
    { long = "pull", help = "look up every image in its registry, also what the store has" },
    { long = "push", help = "as -o type=registry: push it under each of its names" },
    view.options.quiet,
    { long = "sbom", value = "true", implied = "true",
      help = "attach a list of the packages that are in the image" },
    { long = "secret", value = "id=NAME[,src=FILE|,env=VARIABLE]", many = true,
      help = "a secret that steps may mount; NAME alone is a variable, else a file" },
    { long = "source-date-epoch", value = "SECONDS",
      help = "no file and no record of the image is younger (default: $SOURCE_DATE_EPOCH)" },
    { long = "ssh", value = "ID[=SOCKET|KEY,…]", many = true,
      help = "an ssh agent that steps may mount: the caller's own, a socket, or key files" },
    { long = "sync", setting = "build.sync",
      help = "end when the image is on the disk, not before" },
    { long = "tag", short = "t", value = "NAME[:TAG]", many = true, help = "a name for the image" },
    { long = "verify", help = "build twice, and fail where the layers differ" },
    { long = "target", value = "NAME", help = "which of the recipe's targets" },
    { long = "trace", value = "FILE",
      help = "write a Chrome trace: time, CPU, memory and I/O of every step" },
    { long = "watch", help = "build again whenever a file that the plan depends on changes" },
    uses.option,
  },
  before = before,
  needs = "store",
  run = run,
}
