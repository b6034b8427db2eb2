--- A build from the recipe to the image: evaluate, resolve, solve, export.
--
--   local result = build.run(store, {
--     file = "recipe.lua",      -- the recipe's path; or text =, name =, lines =, bases = (recipe);
--                               -- or plan = a plan that is there already
--     context = ".",            -- the build context
--     ignore_file = nil,        -- what counts instead of its .dockerignore
--     args = { NAME = "value" },-- --build-arg
--     tags = { "name:tag" },    -- more names for the image, as written (-t)
--     target = nil,             -- a target's name; default: the plan's default
--     no_cache = false, dry_run = false,
--     cache_from = nil,         -- { { type = "registry", ref = } or { type = "local", src =,
--                               -- tag =, digest = } }: caches of others
--     cache_to = nil,           -- { { type =, ref =, mode =, ignores_errors =, and default,
--                               -- compression, level as store/outgoing.lua has them } }; for
--                               -- "local" dest =, tag = instead of ref; "inline" has none of them
--     pull = nil,               -- "always", "never"; default: what is missing
--     no_cache_filter = {},     -- names of stages or targets whose steps are made anew
--     sync = false,             -- answer when the image is on the disk
--     verify = false,           -- build twice and compare
--     source_date_epoch = nil,  -- seconds, as text: no time is later; default: the variable
--     jobs = nil,               -- steps at the same time
--     bus = event.new(),        -- hears what happens, see below
--     network = nil,            -- "none" or "host" for steps that name no network themselves
--     labels = { { "k", "v" } },-- applied last, to the target only (--label)
--     platform = "linux/amd64", -- default: this machine's; several, with commas between them,
--                               -- make an index
--     secrets = { id = { path = "file" } or { env = "NAME" } },   -- read once if it is a pipe
--     ssh = { default = { socket = "path" } or { keys = { "path" } } },
--     allow = { ["network.host"] = true, ["security.insecure"] = true },  -- ESC-12
--     on_failure = function(err, enter) end,   -- a command has failed and all else was ended:
--                               -- enter() opens a shell in its place on the terminal
--     beside =, uses =, given =,      -- see recipe.evaluate
--     planned = function(plan) end,   -- is called with the plan before anything is done
--     asked = nil,              -- a set that gets the names of the build arguments that stages
--                               -- declare, those of triggers among them
--     inputs = nil,             -- learns what the plan depends on (build/inputs.lua)
--     outputs = nil,            -- { { type = "oci", dest = "x.tar" } }, see export.lua; default:
--                               -- into the store
--     provenance = nil,         -- { mode = "min" or "max", builder_id = }: how the image was made
--     sbom = nil,               -- or a table: what is installed in it
--     iidfile = nil,            -- a file that gets the image's id; one that is there goes at once
--     metadata_file = nil,      -- a file that gets digests and names, as Docker writes it
--   }) -> {
--     image = "sha256:…",       -- nil for a dry run
--     outputs = { { type=, dest=, id=, digest=, names=, left_out= } },
--     metadata = { ["containerimage.digest"] = … },
--     names = { "docker.io/library/x:latest" },
--     target = "default",
--     steps = { { id=, label=, line=, file=, status= } },  -- in the plan's order
--   }
--
-- status: "cached", "ran", "needed" (dry run: it would run), "instant" (metadata only).
--
-- Events on the bus (all data is plain; text comes from the recipe or the step: escape it):
--   recipe.said    { line= }                   what it printed
--   build.started  { total= }                  steps that may have to run, without metadata; again
--                                              where all of them are looked at anew: what was told
--                                              of them doesn't count any more
--   step.cached    { id=, label=, file=, line=, log= }   log: what it wrote when it was made
--   step.needed    { id=, label=, file=, line= }   dry run only
--   step.started   { id=, label=, file=, line= }
--   step.output    { id=, stream="stdout|stderr", line= }
--   step.note      { id=, label=, message= }       what its author may want to know
--   step.progress  { id=, what="copied|unpacked|hashed", bytes= }     so far, a few times a second
--   remote.progress { name=, done=, total= }       of a download; total is 0 where nobody knows
--   build.phase    { phase="evaluate|resolve|solve|export", began=, seconds= }     when it ends
--   step.phase     { id=, phase="wait|look|queue|run|…|seal", began=, seconds= }   when it ends
--   step.log       { id=, log= }                   all it wrote is in the store (store/log.lua)
--   step.finished  { id=, label=, seconds=, usage… }
--   step.failed    { id=, label=, message=, usage… }   the failure itself is raised by build.run
--                  usage of a command: user=, system= (seconds of CPU), memory= (bytes, the most),
--                  read=, written= (bytes)
--   build.finished { image=, names=, seconds=, cached=, ran= }
--
-- Failures are raised: the kind "step-failed" for a command, worded
-- `step 3 (run "false"), recipe.lua:7: exit status 1`, `detail` holding its last lines.
local base = require "lamina.build.base"
local context = require "lamina.build.context"
local export = require "lamina.build.export"
local finish = require "lamina.build.finish"
local graphs = require "lamina.build.graphs"
local keeper = require "lamina.build.keeper"
local label = require "lamina.build.label"
local options_of = require "lamina.build.options"
local outcome = require "lamina.build.outcome"
local platform = require "lamina.image.platform"
local promised = require "lamina.build.promised"
local recorder = require "lamina.build.recorder"
local refresh = require "lamina.build.refresh"
local remote = require "lamina.build.remote"
local resolve = require "lamina.build.resolve"
local sched = require "lamina.util.sched"
local secret = require "lamina.build.step.secret"
local solve = require "lamina.build.solve"

local build = {}

--- Calls fn(...) as a phase of the build, and tells how long it took once it is over.
local function timed(options, phase, fn, ...)
  local began = sched.now()
  local result = table.pack(fn(...))
  options.bus:emit("build.phase", { phase = phase, began = began, seconds = sched.now() - began })
  return table.unpack(result, 1, result.n)
end

local function evaluate(store, options)
  local function asked(...)
    if options.inputs then options.inputs:learn_recipe(options, ...) end
  end
  return options.plan or require("lamina.recipe.recipe").evaluate {
    asked = asked,
    file = options.file, args = options.args, context = options.context,
    target_platform = platform.format(options.platform), text = options.text,
    name = options.name, lines = options.lines, bases = options.bases,
    beside = options.beside, uses = options.uses,
    given = options.given, images = base.lookup(store),
    say = function(line) options.bus:emit("recipe.said", { line = line }) end,
  }
end

local function with(options, more)
  local all = {}
  for key, value in pairs(options) do all[key] = value end
  for key, value in pairs(more) do all[key] = value end
  return all
end

--- The graph of the target for each platform. What the recipe says may depend on it.
local function resolve_each(store, options)
  local parts = {}
  for i, one in ipairs(options.platforms) do
    local own = with(options, { platform = one })
    local plan = timed(options, "evaluate", evaluate, store, own)
    if options.planned then options.planned(plan) end
    local target = resolve.target(plan, options.target)
    finish.names(target, options) -- a wrong name is told before anything runs
    parts[i] = resolve.graph(plan, target, store, own)
    refresh.mark(parts[i], plan, options.no_cache_filter)
  end
  return graphs.join(parts, options.platforms)
end

--- Whether what is asked for can be. What knows of the caches of others, and of attestations, is
-- loaded where there are some.
local function check(options)
  options.outputs = export.check(options.outputs, #options.platforms)
  if #(options.cache_to or {}) > 0 then
    require("lamina.build.cache_export").check(options.cache_to)
  end
  if options.provenance or options.sbom then require("lamina.build.attest").check(options) end
end

local function import_caches(store, options)
  if #(options.cache_from or {}) == 0 or options.no_cache then return nil end
  return require("lamina.build.cache_import").open(store, options.cache_from, options)
end

--- Lets go of what prepare holds.
local function release(held)
  held.promised:close()
  held.keeper:close()
end

--- What stands before anything runs: the options, complete, and the graph of the target. Layers
-- that are needed are kept, or promised, until the caller closes options.held.
local function prepare(store, given)
  local options = options_of.complete(given)
  check(options)
  options.contexts = context.set(store, options)
  options.remotes = remote.set(store, options)
  options.keeper, options.promised = keeper.new(store), promised.new()
  options.held = setmetatable({ keeper = options.keeper, promised = options.promised },
    { __close = release })
  local ok, graph = pcall(timed, options, "resolve", resolve_each, store, options)
  if ok then
    if options.inputs then options.inputs:learn_graph(graph) end
    return options, graph
  end
  release(options.held)
  error(graph, 0)
end

--- Makes all of it once more and compares (build/verify.lua).
local function verify(store, given, graph)
  local options, second = prepare(store, with(given, { no_cache = true, forgets = true,
    planned = false }))
  local _held <close> = options.held
  options.bus:emit("build.started", { total = #second.vertices })
  solve.run(second, store, options)
  require("lamina.build.verify").graphs(store, graph, second)
end

--- Listens for the record of the build; a dry run has none.
local function start_record(store, graph, options)
  if options.dry_run then return nil end
  local steps = {}
  for i, vertex in ipairs(graph.vertices) do
    local step = vertex.step
    steps[i] = { id = step.id, label = label.of(step), file = step.file, line = step.line }
  end
  return recorder.new(store, options, steps)
end

local function run(store, given)
  local began = sched.now()
  outcome.forget(given)
  local options, graph = prepare(store, given)
  local _held <close> = options.held
  local record <close> = start_record(store, graph, options)
  options.imported = import_caches(store, options)
  if not options.dry_run then secret.prepare(options.secrets) end
  options.bus:emit("build.started", { total = #graph.vertices })
  local steps, counts = outcome.steps(graph, timed(options, "solve", solve.run, graph,
    store, options))
  if options.verify then verify(store, given, graph) end
  local result = { names = {} }
  if not options.dry_run then
    result = timed(options, "export", outcome.deliver, store, graph, options)
    record:done(result.image)
    for _, target in ipairs(options.cache_to or {}) do
      require("lamina.build.cache_export").run(store, graph, target, options)
    end
    if options.sync then store:sync() end
  end
  result.target, result.steps = graph.target.name, steps
  options.bus:emit("build.finished", { image = result.image, names = result.names,
    seconds = sched.now() - began, cached = counts.cached, ran = counts.ran })
  return result
end

local function explain(store, given)
  local options, graph = prepare(store, given)
  local _held <close> = options.held
  return require("lamina.build.explain").graph(graph, store, options)
end

--- Why the first step that isn't cached would run (build/explain.lua).
function build.explain(store, options)
  return sched.run(explain, store, options)
end

--- Builds; see the head of this file.
function build.run(store, options)
  return sched.run(run, store, options)
end

return build
