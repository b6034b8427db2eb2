--- What a recipe may call: this is the list.
local argument = require "lamina.recipe.argument"
local expansion = require "lamina.util.words"
local instruction = require "lamina.recipe.instruction"
local json = require "lamina.core.json"
local library = require "lamina.recipe.library"
local mounts = require "lamina.recipe.mounts"
local place = require "lamina.recipe.place"
local scan = require "lamina.util.word.scan"
local sources = require "lamina.recipe.sources"
local stage = require "lamina.recipe.stage"
local target = require "lamina.recipe.target"
local text = require "lamina.util.text"
local variables = require "lamina.recipe.variables"
local yaml = require "lamina.core.yaml"

-- What stages can do.
require "lamina.recipe.method.configuration"
require "lamina.recipe.method.copy"
require "lamina.recipe.method.group"
require "lamina.recipe.method.run"

local env = {}

local from_options = { platform = argument.text }

--- Says that an image has no name; of a Dockerfile's FROM with a variable, why.
local function unnamed(what, request)
  local where = place.current() or {}
  for _, base in ipairs(where.file == request.name and request.bases or {}) do
    if base.line == where.line then
      place.blame(("FROM %s: the image's name is empty"):format(base.word), base.hint)
    end
  end
  place.blame(what == "" and "from: the image's name is empty"
    or ("from: an image's name or a stage expected, got %s"):format(type(what)))
end

--- from "debian", from("debian", { platform = }), from "scratch", from(stage).
local function beginning(request)
  return function(what, options)
    local fields = argument.options(options, from_options, "from")
    if stage.is(what) then return stage.new("stage", {}, what) end
    if type(what) ~= "string" or what == "" then unnamed(what, request) end
    if what == "scratch" then return stage.new("scratch", fields) end
    fields.ref = what
    return stage.new("image", fields)
  end
end

local context_options = { path = argument.text, exclude = argument.list }

--- context { path =, exclude = }: a directory below the build context to copy from.
local function context(options)
  if type(options) == "string" then options = { path = options } end
  return stage.source("local", argument.options(options, context_options, "context"))
end

--- A checksum as its digits, or with "sha256:" before them.
local function checksum(value, what)
  value = argument.text(value, what)
  local digits = value:lower():gsub("^sha256:", "")
  if not digits:find("^%x+$") or #digits ~= 64 then
    place.blame(what .. ": the 64 hexadecimal digits of a SHA-256 expected")
  end
  return "sha256:" .. digits
end

local http_options = { sha256 = checksum, name = argument.text }

--- http(url, { sha256 =, name = }): a file to copy or add, from elsewhere.
local function http(url, options)
  local fields = argument.options(options, http_options, "http")
  fields.url = argument.text(url, "http: the URL")
  fields.checksum, fields.sha256 = fields.sha256, nil
  if not fields.url:lower():find("^https?://") then
    place.blame("http: a URL that begins with https:// or http:// expected")
  end
  return stage.source("http", fields)
end

local git_options = { ref = argument.text, subdir = argument.text,
  submodules = argument.boolean, keep_git_dir = argument.boolean }

--- git(url, { ref =, subdir =, submodules =, keep_git_dir = }): the files of a commit.
local function git(url, options)
  local fields = argument.options(options, git_options, "git")
  fields.url = argument.text(url, "git: the URL")
  return stage.source("git", fields)
end

local function steps_of(stages, what)
  local steps = {}
  for i, one in ipairs(stages) do
    if not stage.is(one) then
      place.blame(("%s: a stage expected, got %s"):format(what, type(one)))
    end
    steps[i] = stage.step(one)
  end
  return steps
end

--- merge { a, b, … }: what each further stage adds, on top of the first.
local function merge(stages)
  if type(stages) ~= "table" or #stages == 0 then
    place.blame("merge: a list of stages expected, as in merge { a, b }")
  end
  return stage.new("merge", { inputs = steps_of(stages, "merge") })
end

--- diff(lower, upper): what upper adds to lower.
local function diff(lower, upper)
  local steps = steps_of({ lower or false, upper or false }, "diff")
  return stage.new("diff", { lower = steps[1], upper = steps[2] })
end

--- arg(name, default): a build argument as a text, nil where it has neither value nor default. A
-- stage that declares it without a default has the same value.
local function arguments(request, used)
  return function(name, default)
    name = argument.text(name, "arg: the name")
    used[name] = true
    local value = request.args[name]
    if value == nil and default ~= nil then value = argument.text(default, "arg: the default") end
    if value == nil then value = variables.predefined(name) end
    stage.declare(name, value)
    return value
  end
end

--- expand("${NAME:-other}", { NAME = value }): variables of a text, as in a stage's texts, but now.
local function expand(words, given)
  words = argument.text(words, "expand")
  local values = {}
  for _, pair in ipairs(argument.pairs(given or {}, "expand: the variables")) do
    values[pair[1]] = pair[2]
  end
  local ok, result = pcall(expansion.expand, words, function(name) return values[name] end,
    { dialect = scan.recipe })
  if ok then return result end
  place.blame("expand: " .. (type(result) == "table" and result.message or tostring(result)))
end

--- json.decode, yaml.decode: a text as Lua values.
local function decoder(decode, what)
  return function(words)
    place.enter()
    local value, err = decode(argument.text(words, what))
    if value == nil and err then place.blame(what .. ": " .. err.message) end
    if value ~= json.null then return value end
  end
end

--- One word as a shell takes it back; a list as a command line.
local function quote(words)
  place.enter()
  local list = argument.list(words, "shell.quote")
  for i, word in ipairs(list) do list[i] = text.quote(word) end
  return table.concat(list, " ")
end

--- Further files of the recipe's own, each run once, by whatever name it is asked for. `find(name)`
-- answers text and path, `run` see below, `loaded` holds results by path.
local function loader(what, loaded, find, run)
  local known, loading = {}, {}
  return function(name)
    if known[name] ~= nil then return known[name] end
    local code, path = find(name)
    if loaded[path] == nil then
      if loading[path] then place.blame(("%s: '%s' %ss itself"):format(what, name, what)) end
      loading[path] = true
      sources.add(path, code)
      local value = run(code, path)
      loaded[path] = value == nil and true or value
    end
    known[name] = loaded[path]
    return known[name]
  end
end

--- A function of ours as it is found at one place of the recipe. Behind `return image(…)` the
-- recipe's own frame is gone when the call comes, so that place is kept.
local function placed(fn, found)
  return function(...)
    place.enter(debug.getinfo(1, "t").istailcall and found or nil)
    return fn(...)
  end
end

local function unknown(name, values, functions)
  place.enter()
  local names = {}
  for _, list in ipairs { values, functions } do
    for known in next, list do names[#names + 1] = known end
  end
  argument.unknown("unknown name", name, names)
end

--- The environment as a recipe has it. `functions` are ours, `values` Lua's and its own. A name
-- that isn't there is a mistake at once, not a nil that shows up later.
local function proxy(values, functions)
  return setmetatable({}, {
    __metatable = false,
    __newindex = function(_, name, value) values[name] = value end,
    __index = function(_, name)
      local value = values[name]
      if value ~= nil then return value end
      if functions[name] then return placed(functions[name], place.here()) end
      unknown(name, values, functions)
    end,
  })
end

--- The functions that answer for files of the context.
local function readers(files)
  local all = {}
  for _, name in ipairs { "read", "glob", "exists" } do
    all[name] = function(path) return files[name](files, path) end
  end
  return all
end

--- The environment of a recipe. request: args, platform, target_platform, name,
-- bases; `run(text, path)` compiles and runs a file. Answers it and the set of the arguments that
-- were asked for.
function env.new(request, files, run, say)
  local values, used = {}, {}
  variables.given(request)
  library.install(values, say)
  values.platform, values.target_platform = request.platform, request.target_platform
  values.json = { decode = decoder(json.decode, "json.decode") }
  values.yaml = { decode = decoder(yaml.decode, "yaml.decode") }
  values.shell = { quote = quote }
  local functions = readers(files)
  for name, constructor in pairs(mounts.constructors(stage.source_of)) do
    functions[name] = constructor
  end
  functions.from, functions.context = beginning(request), context
  functions.merge, functions.diff = merge, diff
  functions.image, functions.arg = target.image, arguments(request, used)
  functions.expand, functions.http, functions.git = expand, http, git
  functions.instruction = instruction.define
  local loaded = {}
  functions.require = loader("require", loaded, function(name) return files:module(name) end, run)
  functions.use = loader("use", loaded, function(name) return files:instruction(name) end, run)
  values._G = proxy(values, functions)
  return values._G, used
end

return env
