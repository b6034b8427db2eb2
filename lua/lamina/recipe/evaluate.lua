--- Runs a recipe. This is the sandbox's own end: it stands in the Lua state that recipe.lua has
-- made for it, and answers one JSON text.
--
-- request (JSON): name, text, lines, bases, args, declared, platform, target_platform, context_fd,
-- beside_fd; for users' instructions shelf_fd, embedded (a module), given (texts by name), uses
-- (names), images (reference -> variables), has_frontend, escape; `want` is "plan", "rows" or
-- "calls".
-- answer: { plan =, said = } or { problem = { message, hint, file, line, needs }, said = }, and
-- what it has asked for until then: modules =, reads =. Instead of a plan there may be
--   rows     what the instructions are like, for a parser
--   calls    what each use of one comes to in a plain Dockerfile: { line =, lines =, stages = }
local env = require "lamina.recipe.env"
local files = require "lamina.recipe.files"
local instruction = require "lamina.recipe.instruction"
local json = require "lamina.core.json"
local place = require "lamina.recipe.place"
local plan = require "lamina.plan.plan"
local sources = require "lamina.recipe.sources"
local stage = require "lamina.recipe.stage"
local target = require "lamina.recipe.target"
local text = require "lamina.util.text"

local most_said = 1000 -- lines of print

--- What print calls. The answer is JSON, which takes no bytes that aren't UTF-8.
local function sayer(said)
  return function(line)
    if #said >= most_said then return end
    said[#said + 1] = utf8.len(line) and line or text.escape(line, "\n\t")
  end
end

--- A text without its byte-order mark, which load doesn't know.
local function without_mark(code)
  return (code:gsub("^\239\187\191", ""))
end

--- Compiles and runs one file of the recipe; answers what it returns.
local function runner(environment, names)
  return function(code, name, lines)
    local chunk = "@" .. name
    place.source(chunk, name, lines)
    names[#names + 1] = name
    local fn, message = load(without_mark(code), chunk, "t", environment())
    if not fn then error(place.syntax(message, name, lines), 0) end
    return fn()
  end
end

local function line_map(lines)
  if not lines then return nil end
  local map = {}
  for i, line in ipairs(lines) do map[i] = line end
  return map
end

local function sorted_names(set)
  local names = json.array {}
  for name in pairs(set) do names[#names + 1] = name end
  table.sort(names)
  return names
end

--- Each use of an instruction in the file itself, as plain instructions.
local function plain_calls(request)
  local plain = require "lamina.recipe.plain"
  local list, more = json.array {}, {}
  for _, call in ipairs(instruction.calls) do
    if call.file == request.name then
      place.enter(call)
      local before, stages = #more, json.array {}
      local lines = plain.lines(call.output, call.input, request.escape, more)
      for i = before + 1, #more do stages[#stages + 1] = json.array(more[i]) end
      list[#list + 1] = { line = call.line, lines = json.array(lines), stages = stages }
    end
  end
  return list
end

local function install_frontend(request)
  require("lamina.recipe.fragment").install()
  require("lamina.recipe.onbuild").install(request.want == "calls")
end

local finish = {}

function finish.plan(request, result, used, known)
  place.enter({ file = request.name, line = 1 })
  local made = target.plan(result)
  made.version = plan.version
  made.arguments, made.reads = sorted_names(used), json.array(known:reads())
  local declared = stage.declarations()
  made.declared = #declared > 0 and json.array(declared) or nil
  return made
end

function finish.rows()
  local list = json.array(instruction.describe())
  for _, row in ipairs(list) do json.array(row.flags) end
  return list
end

finish.calls = plain_calls

local function evaluate(request, known, said)
  local environment, used
  local run = runner(function() return environment end, {})
  environment, used = env.new(request, known, run, sayer(said))
  for _, pair in ipairs(request.declared or {}) do stage.declare(pair[1], pair[2]) end
  if request.has_frontend then install_frontend(request) end
  for _, name in ipairs(request.uses or {}) do
    place.enter({ file = request.name, line = 1 })
    environment.use(name)
  end
  sources.add_recipe(request.name, without_mark(request.text))
  local result = run(request.text, request.name, line_map(request.lines))
  return finish[request.want](request, result, used, known)
end

--- Lists that are empty stay lists in JSON.
local function mark_lists(made)
  json.array(made.steps)
  for _, one in ipairs(made.targets) do json.array(one.names) end
  for _, step in ipairs(made.steps) do
    for _, key in ipairs { "exec", "sources", "exclude", "ports", "paths", "pairs", "mounts",
      "remotes" } do
      if step[key] then json.array(step[key]) end
    end
    if type(step.command) == "table" then json.array(step.command) end
  end
  return made
end

return function(input)
  local request, said = json.decode(input), json.array {}
  local known = files.new(request.context_fd, request.beside_fd, { shelf = request.shelf_fd,
    given = request.given, embedded = request.embedded and require(request.embedded) })
  local ok, result = xpcall(evaluate, place.explain, request, known, said)
  local answer = { said = said, modules = json.array(known.required),
    reads = json.array(known:reads()) }
  if ok and request.want == "plan" then
    answer.plan = mark_lists(result)
  elseif ok then
    answer[request.want] = result
  else
    result = place.explain(result)
    answer.problem = { message = result.message, hint = result.hint, file = result.file,
      line = result.line, needs = result.needs }
  end
  local is_text, written = pcall(json.encode, answer)
  if is_text then return written end
  local is_full = tostring(written):find("memory", 1, true)
  return json.encode { said = json.array {}, problem = { file = request.name, line = 1,
    message = is_full and "its plan is too large: not enough memory"
      or "a text of the plan isn't UTF-8" } }
end
