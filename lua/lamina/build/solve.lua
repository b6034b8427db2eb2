--- Makes what a graph needs: in parallel, from the cache where it can, stopping at the first
-- failure.
--
-- Every vertex is a task that waits for the vertices it stands on. Only the work itself takes one
-- of the slots, so that a waiting step never keeps another from running.
local cache = require "lamina.build.cache"
local failure = require "lamina.util.failure"
local label = require "lamina.build.label"
local sched = require "lamina.util.sched"
local slots = require "lamina.util.slots"
local stack = require "lamina.build.stack"
local text = require "lamina.util.text"
local work = require "lamina.build.work"

local solve = {}

local Solver = {}
Solver.__index = Solver

function Solver:tell(name, vertex, more)
  local data = more or {}
  data.id, data.label = vertex.id, label.of(vertex.step)
  data.file, data.line = vertex.step.file, data.line or vertex.step.line
  self.options.bus:emit(name, data)
end

--- Waits for what a vertex stands on and reads; false when something of it has no result (in a
-- dry run).
local function wait_for_inputs(self, vertex)
  local stacks = { vertex.at.layers }
  for _, use in ipairs(vertex.uses) do stacks[#stacks + 1] = use.source.layers end
  for _, layers in pairs(stacks) do
    local inputs = stack.vertices(layers)
    for i = #inputs, 1, -1 do -- the topmost has waited for those below it
      if not inputs[i].output then self.tasks[inputs[i]]:wait() end
      if not inputs[i].output then return false end
    end
  end
  return true
end

local function finish(self, vertex, status, output)
  vertex.output = output
  self.status[vertex.id] = status
end

-- From here on files that lie in a layer once more, for another owner or mode, are told of.
local much = 1 << 20

local function tell_cost(self, vertex, output)
  if output.doubled_bytes < much then return end
  self:tell("step.note", vertex, { message = ("%d files (%s) lie in this layer once more because"
    .. " their owner or mode was changed; copy takes chown and chmod"):format(output.doubled,
    text.size(output.doubled_bytes)) })
end

--- What a vertex's command has used, as fields of an event.
local function usage(vertex, fields)
  for key, value in pairs(vertex.usage or {}) do fields[key] = value end
  return fields
end

--- Does the work of a vertex that isn't in the cache.
local function make(self, vertex, lookup)
  local _slot <close> = self.work:timed("queue", vertex, self.slots.take, self.slots)
  local began = sched.now()
  self.options.keeper:settle()
  self:tell("step.started", vertex)
  local output = work.make(self.work, vertex)
  if work.is_unchanged(vertex) then
    lookup:remember(vertex, output)
  else
    self:tell("step.note", vertex, { message = "the build context was changed while this step"
      .. " read it, so the next build makes it again" })
  end
  tell_cost(self, vertex, output)
  finish(self, vertex, "ran", output)
  self:tell("step.finished", vertex, usage(vertex, { seconds = sched.now() - began }))
end

--- Steps with equal keys are made once, even when the cache is not to be used.
local function make_once(self, vertex, lookup)
  local other = self.making[lookup.key]
  if not other then
    self.making[lookup.key] = vertex
    return make(self, vertex, lookup)
  end
  self.tasks[other]:wait()
  finish(self, vertex, "cached", other.output)
  self:tell("step.cached", vertex, { log = other.output.log })
end

local function solve_vertex(self, vertex)
  local is_known = self.work:timed("wait", vertex, wait_for_inputs, self, vertex)
  local lookup = is_known
    and self.work:timed("look", vertex, cache.look, self.store, vertex, self.work)
  vertex.keys = lookup and lookup.keys
  if lookup and lookup.record then
    finish(self, vertex, "cached", lookup.record)
    self:tell("step.cached", vertex, { log = lookup.record.log })
  elseif self.options.dry_run then
    finish(self, vertex, "needed")
    self:tell("step.needed", vertex)
  else
    make_once(self, vertex, lookup)
  end
end

--- Tells a failure, once, and answers it with the step it happened in.
local function tell_failure(self, vertex, err)
  if not failure.is(err) or self.failed[err] then return err end
  err = failure.wrap(err, label.place(vertex.step))
  self.failed[err] = true
  self:tell("step.failed", vertex, usage(vertex, { message = err.message }))
  return err
end

--- Runs a vertex's task; a failure is told, and says which step it was.
local function attempt(self, vertex)
  local ok, err = pcall(solve_vertex, self, vertex)
  if not ok and failure.is(err) and err.is_broken_promise then error(err, 0) end
  if not ok then error(tell_failure(self, vertex, err), 0) end
end

--- What a step does before it fails, where the caller wants to look at it: everything else ends
-- first, so that the terminal is the caller's alone. `enter` opens the shell.
local function on_failure(self, vertex, err, enter)
  err = tell_failure(self, vertex, err)
  self.first = err
  for other, task in pairs(self.tasks) do
    if other ~= vertex then task:cancel() end
  end
  self.options.on_failure(err, enter)
  return err
end

local function cancel_all(tasks)
  for i = #tasks, 1, -1 do tasks[i]:cancel() end
end

--- Runs a task for every vertex, and waits for all of them.
local function run_all(self, vertices)
  local running <close> = setmetatable({}, { __close = cancel_all })
  self.tasks, self.making, self.status, self.failed = {}, {}, {}, {}
  for i, vertex in ipairs(vertices) do
    running[i] = sched.spawn(attempt, self, vertex)
    self.tasks[vertex] = running[i]
  end
  sched.join(running)
end

--- The layers that are needed once all is solved: those of the images, and all where they are
-- compared or given to others.
local function need_results(self, graph)
  local options = self.options
  for _, part in ipairs(graph.parts) do
    options.promised:need(stack.diff_ids(part.state.layers))
  end
  if not options.verify and #(options.cache_to or {}) == 0 then return end
  for _, vertex in ipairs(graph.vertices) do options.promised:need { vertex.output.diff_id } end
end

local function solve_all(self, graph)
  run_all(self, graph.vertices)
  if not self.options.dry_run then need_results(self, graph) end
end

--- Once more, without the caches of others: one of them hasn't got what it says.
local function solve_without_caches(self, graph, err)
  local options = self.options
  options.bus:emit("step.note", { id = "cache", label = "cache", message = err.message })
  options.bus:emit("build.started", { total = #graph.vertices })
  options.imported = nil
  options.promised:drop_caches()
  for _, vertex in ipairs(graph.vertices) do vertex.output = nil end
  self.work:forget_views()
  solve_all(self, graph)
end

--- Solves the graph; the vertices have their `output` afterwards. Answers a status by step id:
-- "cached", "ran", "needed".
function solve.run(graph, store, options)
  local own_work <close> = work.new(graph, store, options)
  local self = setmetatable({
    store = store, options = options, work = own_work, slots = slots.new(options.jobs),
  }, Solver)
  if options.on_failure then
    own_work.on_failure = function(...) return on_failure(self, ...) end
  end
  local ok, err = pcall(solve_all, self, graph)
  if not ok and failure.is(err) and err.is_broken_promise then
    ok, err = pcall(solve_without_caches, self, graph, err)
  end
  store.cache:flush()
  if not ok then error(self.first or err, 0) end
  return self.status
end

return solve
