--- From a recipe to its plan: in a child process, in a Lua state of its own, under limits.
--
--   local plan = recipe.evaluate {
--     file = "recipe.lua",             -- or text =, with name = what to call it
--     lines = { 1, 1, 2 },             -- for a translation: its lines -> the lines to tell
--     args = { NAME = "value" }, context = "dir" or nil, target_platform = "linux/amd64",
--     say = function(line) end,        -- hears what the recipe prints
--     asked = function(modules, reads) end,   -- hears the paths that it asked for, beside the
--                                      -- recipe and in the context, also when it fails
--   }
--
-- A mistake of the recipe's is raised as a failure "invalid-input" with file, line and hint. What
-- comes back from the child isn't believed before plan.decode has checked it.
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local json = require "lamina.core.json"
local path = require "lamina.util.path"
local plan = require "lamina.plan.plan"
local platform = require "lamina.image.platform"
local sandbox = require "lamina.core.sandbox"
local sched = require "lamina.util.sched"

local recipe = {}

local limits = { text = 1 << 20, memory = 64 << 20, instructions = 100000000, seconds = 10 }

-- What runs in the sandbox, and all that it requires.
local main = "lamina.recipe.evaluate"
local names = {
  main, "lamina.recipe.argument", "lamina.recipe.env", "lamina.recipe.files",
  "lamina.recipe.library", "lamina.recipe.mounts", "lamina.recipe.place", "lamina.recipe.stage",
  "lamina.recipe.target", "lamina.plan.plan", "lamina.plan.schema", "lamina.util.check",
  "lamina.util.failure", "lamina.util.glob", "lamina.util.text", "lamina.util.words",
  "lamina.util.word.pattern", "lamina.util.word.recipe", "lamina.util.word.scan",
}

--- A module's bytecode, from wherever this program has its own modules.
local function bytecode(name)
  for _, searcher in ipairs(package.searchers) do
    local loader = searcher(name)
    if type(loader) == "function" then return string.dump(loader) end
  end
  error("no module " .. name)
end

local function modules()
  local list = {}
  for i, name in ipairs(names) do list[i] = { name, bytecode(name) } end
  return list
end

local function check_text(text, name)
  local ok, at = utf8.len(text)
  if ok then return text end
  local _, breaks = text:sub(1, at):gsub("\n", "")
  failure.raise("invalid-input", "the recipe isn't UTF-8", { file = name, line = breaks + 1 })
end

local function text_of(options, name)
  if options.text then return check_text(options.text, name) end
  local text, err = fs.read(options.file, { limit = limits.text })
  if text then return check_text(text, name) end
  failure.raise(err.errno == "ENOENT" and "not-found" or "system", "recipe: " .. err.message,
    { errno = err.errno })
end

local function platform_table(text)
  local of = text and platform.parse(text) or platform.host()
  return { os = of.os, arch = of.architecture, variant = of.variant }
end

--- A directory to read beneath; nil where there is none. What is wrong with a context is told
-- when something is copied from it.
local function directory(name)
  return name and fs.open(name, "dir") or nil
end

local function descriptor(dir)
  return dir and dir:fd() or nil
end

--- Runs the job; over its time it is killed.
local function run_limited(request)
  local job <close> = sched.spawn(sched.job, sandbox.run, request)
  local _clock <close> = sched.spawn(function()
    sched.sleep(limits.seconds * 1000)
    job:cancel(failure.new("invalid-input", ("it takes longer than %d seconds")
      :format(limits.seconds)))
  end)
  return job:wait()
end

local function raise(problem)
  failure.raise("invalid-input", problem.message,
    { hint = problem.hint, file = problem.file, line = problem.line })
end

--- What the child answered, as a table; a recipe that was stopped is its author's problem.
local function answer_of(request, name)
  local ok, text = pcall(run_limited, request)
  if ok then return failure.check(json.decode(text, { depth = 64, limit = limits.memory })) end
  if not failure.is(text) or text.kind == "interrupted" then error(text, 0) end
  if text.kind == "invalid-input" then raise { message = text.message, file = name } end
  raise { message = text.message }
end

--- What should be a list of texts, as one.
local function texts(list)
  local known = {}
  for _, item in ipairs(type(list) == "table" and list or {}) do
    if type(item) == "string" then known[#known + 1] = item end
  end
  return known
end

--- Evaluates a recipe; see the head of this file. Must run in a task (util.sched).
function recipe.evaluate(options)
  local name = options.name or options.file
  local context <close> = directory(options.context)
  local beside <close> = directory(options.file and path.dirname(options.file))
  local input = failure.check(json.encode {
    name = name, text = text_of(options, name), lines = options.lines, args = options.args or {},
    platform = platform_table(), target_platform = platform_table(options.target_platform),
    context_fd = descriptor(context), beside_fd = descriptor(beside),
  })
  local answer = answer_of({ modules = modules(), main = main, input = input,
    memory = limits.memory, instructions = limits.instructions }, name)
  for _, line in ipairs(answer.said or {}) do
    if options.say then options.say(line) end
  end
  if options.asked then options.asked(texts(answer.modules), texts(answer.reads)) end
  if answer.problem then raise(answer.problem) end
  return plan.check(answer.plan)
end

return recipe
