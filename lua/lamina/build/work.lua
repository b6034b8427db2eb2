--- What steps work with during one build: the store, views of stages, the network.
--
-- It is closed when the build ends, however it ends; then nothing is mounted and no helper runs.
local discard = require "lamina.build.discard"
local exec = require "lamina.exec.exec"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local layer = require "lamina.build.layer"
local sched = require "lamina.util.sched"
local selection = require "lamina.build.selection"
local stack = require "lamina.build.stack"
local tree = require "lamina.build.tree"

local work = {}

local Work = {}
Work.__index = Work

-- Which file of step/ makes a kind of vertex.
local makers = { run = "run", copy = "copy", add = "copy", workdir = "workdir",
  layer = "fold" }

function work.new(graph, store, options)
  return setmetatable({
    store = store, options = options, contexts = graph.contexts, remotes = graph.remotes,
    views = {}, ignores_cache = options.no_cache, gone = discard.new(store),
  }, Work)
end

--- The network of this build; it starts when the first step needs it.
function Work:shared_network()
  self.network = self.network or exec.network(self.store)
  return self.network
end

--- A stage's file system to read from: { fd=, … }. Mounted once a build.
local function view(self, state)
  local chain = stack.chain(state.layers)
  if not self.views[chain] then
    local layers = stack.diff_ids(state.layers)
    self.options.promised:need(layers)
    local mount = exec.mount(self.store, layers)
    self.views[chain] = tree.new(mount:fd(), { mount = mount, name = "the stage" })
  end
  return self.views[chain]
end

--- The tree that a use reads: a context, a remote or a stage that is built.
function Work:tree(source)
  return (source.is_context or source.is_remote) and source:tree() or view(self, source)
end

--- What a use selects, as the part of the key that stands for it.
function Work:content(use)
  if use.source.is_remote and use.source.is_exact then
    return { remote = use.source:identity(), select = use.select }
  end
  return selection.content(self:tree(use.source), use)
end

--- Whether all that a vertex has read of contexts is as it was when its key was made. What others
-- change meanwhile must not be taken for what the key stands for.
function work.is_unchanged(vertex)
  for _, use in ipairs(vertex.uses) do
    if use.source.is_context and not selection.is_unchanged(use.source:tree(), use) then
      return false
    end
  end
  return true
end

--- Views of what is solved anew are made anew: layers may be others then.
function Work:forget_views()
  for _, files in pairs(self.views) do
    files:__close()
    files.mount:close()
  end
  self.views = {}
end

function Work:close()
  self.gone:close()
  self:forget_views()
  if self.network then self.network:close() end
  self.contexts:close()
  self.remotes:close()
  self.network = nil
end

Work.__close = Work.close

--- Calls fn(...) as a phase of a vertex, and tells how long it took once it is over.
function Work:timed(phase, vertex, fn, ...)
  local began = sched.now()
  local result = table.pack(fn(...))
  self.options.bus:emit("step.phase", { id = vertex.id, phase = phase, began = began,
    seconds = sched.now() - began })
  return table.unpack(result, 1, result.n)
end

--- A function that tells the progress of a vertex's job (sched.job_with).
function Work:progress(vertex, what)
  return function(progress)
    self.options.bus:emit("step.progress", { id = vertex.id, what = what, bytes = progress.done })
  end
end

--- A folder for one step, with `upper` and `work` in it; nobody needs it once it is closed.
local function folder(self)
  local dir = self.store:temp("step")
  failure.check(fs.mkdir(dir .. "/upper"))
  failure.check(fs.chmod(dir .. "/upper", 493)) -- 0755: it becomes the root's own mode
  failure.check(fs.mkdir(dir .. "/work"))
  return setmetatable({ path = dir, upper = dir .. "/upper", work = dir .. "/work" },
    { __close = function() self.gone:add(dir) end })
end

--- Carries a vertex out and keeps its layer: { diff_id=, created=, log= }.
function work.make(self, vertex)
  local dir <close> = folder(self)
  local below = vertex.ignores_parent and {} or stack.diff_ids(vertex.at.layers)
  self.options.promised:need(below)
  local maker = require("lamina.build.step." .. makers[vertex.kind])
  self:timed(vertex.kind, vertex, maker.make, vertex, self, dir, below)
  local output = self:timed("seal", vertex, layer.keep, self.store, dir.upper, below,
    { epoch = self.options.epoch, progress = self:progress(vertex, "hashed"),
      strips = vertex.kind == "run" })
  output.log = vertex.log
  return output
end

return work
