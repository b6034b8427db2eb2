--- From a recipe to its plan: in a child process, in a Lua state of its own, under limits.
--
--   local plan = recipe.evaluate {
--     file = "recipe.lua",             -- or text =, with name = what to call it
--     lines = { 1, 1, 2 },             -- for a translation: its lines -> the lines to tell
--     bases = { { line =, word =, hint = } },   -- what its FROMs with variables say, and why one
--                                      -- has no name (dockerfile/translate.lua)
--     args = { NAME = "value" }, context = "dir" or nil, target_platform = "linux/amd64",
--     say = function(line) end,        -- hears what the recipe prints
--     beside = "dir",                  -- where its modules are, when that isn't beside `file`
--     uses = { "apt" }, given = { ["x/apt.lua"] = "text" },   -- instructions of the command line's
--     declared = { { "NAME", "value" } },     -- what arg() of another recipe has answered
--     images = function(ref) return { PATH = "…" } end,   -- what an image sets; nil: unknown
--     asked = function(modules, reads) end,   -- hears the paths that it asked for, beside the
--                                      -- recipe and in the context, also when it fails
--   }
--
-- A mistake of the recipe's is raised as a failure "invalid-input" with file, line and hint. What
-- comes back from the child isn't believed before plan.decode has checked it.
local config = require "lamina.config.config"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local json = require "lamina.core.json"
local modules = require "lamina.recipe.modules"
local path = require "lamina.util.path"
local plan = require "lamina.plan.plan"
local platform = require "lamina.image.platform"
local sandbox = require "lamina.core.sandbox"
local rows = require "lamina.recipe.rows"
local sched = require "lamina.util.sched"
local shelf = require "lamina.recipe.shelf"
local visible = require("lamina.util.text").escape

local recipe = {}

local function check_text(text, name)
  local ok, at = utf8.len(text)
  if ok then return text end
  local _, breaks = text:sub(1, at):gsub("\n", "")
  failure.raise("invalid-input", "the recipe isn't UTF-8", { file = name, line = breaks + 1 })
end

--- A file in which nothing stands, but perhaps a byte-order mark.
local function check_filled(text, name)
  if not text:find("^\239?\187?\191?%s*$") then return end
  failure.raise("invalid-input", "the file is empty", { file = name,
    hint = "a recipe returns an image or a stage; FROM begins a Dockerfile" })
end

local function text_of(options, name)
  if options.text then return check_text(options.text, name) end
  local text, err = fs.read(options.file, { limit = config.get "limits.recipe-size" })
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
  local most_ms = config.get "limits.recipe-time"
  local job <close> = sched.spawn(sched.job, sandbox.run, request)
  local _clock <close> = sched.spawn(function()
    sched.sleep(most_ms)
    job:cancel(failure.new("invalid-input", ("it takes longer than %g seconds")
      :format(most_ms / 1000), { hint = "limits.recipe-time of the configuration allows more" }))
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
  if ok then return failure.check(json.decode(text, { depth = 64, limit = request.memory })) end
  if not failure.is(text) or text.kind == "interrupted" then error(text, 0) end
  if text.kind == "invalid-input" then
    raise { message = text.message, hint = text.hint, file = name }
  end
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

--- Arguments end up in texts of the image, which are UTF-8.
local function check_args(args)
  for name, value in pairs(args or {}) do
    if not utf8.len(name) or not utf8.len(value) then
      failure.raise("invalid-input", ("the build argument '%s' isn't UTF-8"):format(name))
    end
  end
end

local function request_of(options, text, name)
  check_args(options.args)
  return { name = visible(name), text = text, lines = options.lines,
    bases = options.bases, args = options.args or {}, platform = platform_table(),
    target_platform = platform_table(options.target_platform),
    given = options.given, uses = options.uses, images = options.images_known,
    declared = options.declared, escape = options.escape, want = options.want or "plan" }
end

--- One run in the sandbox; answers what it wrote.
local function run(options, text, name)
  local context <close> = directory(options.context)
  local beside <close> = directory(options.beside or options.file and path.dirname(options.file))
  local request = request_of(options, text, name)
  request.has_frontend = options.want ~= nil or #(options.uses or {}) > 0
    or modules.has_frontend(text)
  local list, embedded = modules.list(request.has_frontend)
  request.embedded = embedded
  local folder <close> = request.has_frontend and shelf.open() or nil
  request.context_fd, request.beside_fd = descriptor(context), descriptor(beside)
  request.shelf_fd = descriptor(folder)
  local answer = answer_of({ modules = list, main = modules.main, input = failure.check(
    json.encode(request)), memory = config.get "limits.recipe-memory",
    instructions = config.get "limits.recipe-instructions" }, name)
  if options.asked then options.asked(texts(answer.modules), texts(answer.reads)) end
  return answer
end

--- Tells what the last run has printed: one before it, which lacked an image's variables, has said
-- the beginning of the same.
local function tell(options, answer)
  if not options.say then return end
  for _, line in ipairs(texts(answer.said)) do options.say(line) end
end

-- A recipe whose instructions ask for more base images than this is run no further.
local most_images = 100

--- Runs it, again with what an image sets where an instruction's words have a variable of that.
local function answered(options)
  local name, known = options.name or options.file, {}
  local text = text_of(options, name)
  if not options.want then check_filled(text, name) end
  for _ = 1, most_images do
    local answer = run(options, text, name)
    local problem = answer.problem
    local ref = problem and type(problem.needs) == "string" and problem.needs
    local image = ref and not known[ref] and options.images and options.images(ref)
    if not image then
      tell(options, answer)
      return problem and raise(problem) or answer
    end
    known[ref] = image
    local again = {}
    for key, value in pairs(options) do again[key] = value end
    again.images_known = known
    options = again
  end
  raise { message = "its instructions ask for too many base images", file = name }
end

--- Evaluates a recipe; see the head of this file. Must run in a task (util.sched).
function recipe.evaluate(options)
  return plan.check(answered(options).plan)
end

local function with(options, more)
  local all = {}
  for key, value in pairs(options) do all[key] = value end
  for key, value in pairs(more) do all[key] = value end
  return all
end

--- What the users' instructions are like that a Dockerfile uses: rows by name, as
-- dockerfile/parser.lua takes them. `uses` lists { name =, line = }.
function recipe.rows(uses, options)
  local list, lines = {}, {}
  for i, one in ipairs(uses) do list[i], lines[i] = ("use %q"):format(one.name), one.line end
  local answer = answered(with(options, { text = table.concat(list, "\n") .. "\n", lines = lines,
    want = "rows" }))
  return rows.check(answer.rows)
end

local function is_texts(list)
  return type(list) == "table" and #texts(list) == #list
end

--- What each use of a user's instruction comes to in a plain Dockerfile: a list of
-- { line =, lines =, stages = { lines, … } }. `escape` is the Dockerfile's.
function recipe.calls(options)
  local calls = answered(with(options, { want = "calls" })).calls
  for _, call in ipairs(type(calls) == "table" and calls or { false }) do
    local is_call = type(call) == "table" and math.type(call.line) == "integer"
      and is_texts(call.lines) and type(call.stages) == "table"
    for _, stage in ipairs(is_call and call.stages or {}) do
      is_call = is_call and is_texts(stage)
    end
    if not is_call then failure.raise("invalid-input", "the recipe's answer is wrong") end
  end
  return calls
end

return recipe
