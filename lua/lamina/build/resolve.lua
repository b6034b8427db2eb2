--- Turns a plan into a graph: base images looked up, variables expanded, metadata done.
--
--   local graph = resolve.graph(plan, store, options)
--   graph.targets[name] = state      what the target is, once its vertices are built
--   graph.vertices                   what the wanted targets need, inputs before users
--
-- A vertex is what makes one layer: { id=, step=, kind=, at=state before it, params=, uses= }.
-- `params` is plain data and goes into the key whole; `uses` lists states, contexts and remotes.
-- `output` = { diff_id=, created= } is set by the solver. Merging and taking differences only
-- rearrange layers, so they are done here. Nothing is read but image configurations.
local context = require "lamina.build.context"
local failure = require "lamina.util.failure"
local label = require "lamina.build.label"
local needs = require "lamina.plan.needs"
local platform = require "lamina.image.platform"
local remote = require "lamina.build.remote"
local scan = require "lamina.util.word.scan"
local words = require "lamina.util.words"

local resolve = {}

-- Which file of step/ knows an op.
local homes = {
  scratch = "source", image = "source", ["local"] = "source", http = "source", git = "source",
  merge = "merge", diff = "merge", run = "run", copy = "copy", add = "copy",
  workdir = "workdir", layer = "fold",
  env = "metadata", label = "metadata", annotate = "metadata", arg = "metadata",
  user = "metadata", volume = "metadata", stopsignal = "metadata", onbuild = "metadata",
  cmd = "command", entrypoint = "command", shell = "command", healthcheck = "command",
  expose = "expose", maintainer = "metadata", stage = "metadata", unset = "metadata",
}

local Resolver = {}
Resolver.__index = Resolver

local dialect = { dialect = scan.recipe }

--- A text with its variables replaced by what is known at a state. An unknown one is empty. What
-- a recipe says is Lua's to quote: quotes in its texts are text.
function Resolver:expand(at, text) -- luacheck: no self
  return words.expand(text, function(name) return at:variable(name) end, dialect)
end

--- The caller's value of a build argument, or nil.
function Resolver:argument(name)
  if self.options.asked then self.options.asked[name] = true end
  return self.options.args[name]
end

--- The arguments that a stage gets by declaring them (SEMANTICS 19).
function Resolver:predefined(name)
  local whose, what = name:match("^(TARGET)(%u+)$")
  if not whose then whose, what = name:match("^(BUILD)(%u+)$") end
  if not whose then return nil end
  local of = whose == "TARGET" and self.options.platform or platform.host()
  if what == "PLATFORM" then return platform.format(of) end
  if what == "OS" then return of.os end
  if what == "ARCH" then return of.architecture end
  if what == "VARIANT" then return of.variant or "" end
end

--- The state or context that a step of the plan stands for.
function Resolver:result(id)
  return self.results[id]
end

-- What an overlay takes (core/sys/overlay.h).
local most_layers = 500

local function check_layers(state)
  local count = state.layers and state.layers.count or 0
  if count <= most_layers then return end
  failure.raise("unsupported", ("it stands on %d layers, and the kernel takes %d at once")
    :format(count, most_layers), { hint = "layer(function) or squash() make one layer of many" })
end

--- Adds a vertex: what makes one layer.
function Resolver:add_vertex(step, at, fields)
  check_layers(at)
  local vertex = { id = step.id, step = step, at = at, kind = fields.kind or step.op }
  for key, value in pairs(fields) do vertex[key] = value end
  vertex.uses = vertex.uses or {}
  self.graph.vertices[#self.graph.vertices + 1] = vertex
  return vertex
end

--- Adds a vertex and answers the state after it.
function Resolver:vertex(step, at, created_by, fields)
  return at:remember(created_by, self:add_vertex(step, at, fields))
end

local function handler(op)
  local home = homes[op]
  if not home then failure.raise("unsupported", ("'%s' can't be built yet"):format(op)) end
  local module = require("lamina.build.step." .. home)
  return type(module) == "function" and module or module[op]
end

--- The state after a step on another one.
function Resolver:carry_out(step, at)
  return handler(step.op)(step, at, self)
end

local function resolve_step(self, step)
  local ok, result = pcall(self.carry_out, self, step, step.input and self.results[step.input])
  if not ok then error(failure.wrap(result, label.place(step)), 0) end
  self.results[step.id] = result
  table.insert(self.graph.order, step)
end

--- The result of a step, with what it needs carried out first where nothing has needed it yet.
function Resolver:demand(id)
  local wanted = needs.of(self.plan, { id })
  for _, step in ipairs(self.plan.steps) do
    if wanted[step.id] and not self.results[step.id] then resolve_step(self, step) end
  end
  return self.results[id]
end

--- The targets' names without those that are only numbers of stages.
local function spoken(names)
  local list = {}
  for _, name in ipairs(names) do
    if not name:find("^%d+$") then list[#list + 1] = name end
  end
  return list
end

--- Finds the target by name, the plan's default without one.
function resolve.target(plan, name)
  local names = {}
  for i, target in ipairs(plan.targets) do
    if target.name == (name or plan.default) then return target end
    names[i] = target.name
  end
  names = spoken(names)
  if not name and #plan.targets == 1 then return plan.targets[1] end
  if not name then
    failure.raise("not-found", "the recipe has several targets and no default",
      { hint = "choose one with --target: " .. table.concat(names, ", ") })
  end
  local near = require("lamina.util.check").suggest(name, names)
  failure.raise("not-found", ("the recipe has no target '%s'"):format(name),
    { hint = near and ("did you mean '%s'?"):format(near)
      or "there are " .. table.concat(names, ", ") })
end

--- The graph of one target: { plan=, vertices=, state=, target=, order= (steps it needs) }.
function resolve.graph(plan, target, store, options)
  local graph = { plan = plan, vertices = {}, target = target, order = {} }
  local self = setmetatable({
    plan = plan, store = store, options = options, results = {}, graph = graph,
    contexts = options.contexts or context.set(store, options),
    remotes = options.remotes or remote.set(store, options),
  }, Resolver)
  local wanted = needs.of(plan, { target.step })
  for _, step in ipairs(plan.steps) do
    if wanted[step.id] and not self.results[step.id] then resolve_step(self, step) end
  end
  graph.state, graph.contexts = self.results[target.step], self.contexts
  graph.remotes = self.remotes
  return graph
end

return resolve
