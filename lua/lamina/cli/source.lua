--- What the commands that read a recipe share: where it is, its context, its arguments.
local dockerfile = require "lamina.cli.dockerfile"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local input = require "lamina.cli.input"
local made_context = require "lamina.cli.made_context"
local named = require "lamina.cli.named"
local platform = require "lamina.image.platform"
local uses = require "lamina.cli.uses"

local source = {}

--- The rows of options that go with it.
source.rows = {
  build_arg = { long = "build-arg", value = "NAME[=VALUE]", many = true,
    help = "a build argument; without a value the caller's variable" },
  file = { long = "file", short = "f", value = "FILE",
    help = "the recipe; '-' reads standard input" },
  platform = { long = "platform", value = "OS/ARCH",
    help = "what the image is for (default: this machine)" },
}

local function usage(message, hint)
  failure.raise("usage", message, { hint = hint })
end

source.usage = usage

--- "NAME=VALUE" as two texts.
function source.pair(word, what)
  local name, value = word:match("^([^=]+)=(.*)$")
  if not name then usage(("%s: NAME=VALUE expected, not '%s'"):format(what, word)) end
  return name, value
end

--- Build arguments by name. One without a value has the caller's variable, if there is one.
local function arguments(words)
  local args = {}
  for _, word in ipairs(words) do
    local name, equals, value = word:match("^([^=]+)(=?)(.*)$")
    if not name then usage(("--build-arg: NAME[=VALUE] expected, not '%s'"):format(word)) end
    args[name] = equals == "=" and value or os.getenv(name)
  end
  return args
end

local function check_context(dir)
  local found, err = fs.stat(dir)
  if not found then
    failure.raise("not-found", "build context: " .. err.message, { errno = err.errno })
  elseif found.type ~= "dir" then
    usage(("the build context '%s' is not a directory"):format(dir))
  end
  return dir
end

--- The recipe's path: as given, else recipe.lua or a Dockerfile in the context.
local function file_of(given, dir)
  if given then return given end
  local file = input.first(dir, { "recipe.lua", table.unpack(dockerfile.names) })
  if fs.stat(file) then return file end
  failure.raise("not-found", ("no recipe: there is no '%s', and no Dockerfile"):format(file),
    { hint = "-f names one that is called otherwise" })
end

--- The names of stages that named contexts replace.
local function replaced(given)
  local names = {}
  for _, entry in pairs(given.named or {}) do names[entry.name] = true end
  return names
end

--- Puts a recipe's text into the options, or the recipe that a Dockerfile means; `beside` is where
-- its instructions' files are.
local function take(given, file, text, name, beside)
  given.name, given.text, given.written = name, text, text
  if not dockerfile.is_one(file, text) then
    given.uses, given.given = uses.read(given.use)
    return false
  end
  local recipe = dockerfile.translate(text, name,
    { replaced = replaced(given), use = given.use, beside = beside })
  given.text, given.lines, given.parsed = recipe.text, recipe.lines, recipe.parsed
  given.beside, given.given, given.targets = beside, recipe.given, recipe.targets
  given.bases = recipe.bases
  return true
end

local function read(given, file)
  local text, name = input.recipe(file)
  local ignored = file .. ".dockerignore"
  if file ~= "-" and fs.stat(ignored, { follow = false }) then given.ignore_file = ignored end
  local beside = file:match("^(.*)/[^/]*$") or "."
  if not take(given, file, text, name, beside) and file ~= "-" then
    given.file, given.text = file, nil
  end
end

--- The same for a context that was made: the recipe is a file in it, and no link out of it.
local function read_made(given, made, file)
  if made.text then
    if file then usage("build: the context is a recipe, so -f can't name another") end
    local name = dockerfile.is_one("recipe", made.text) and "Dockerfile" or "recipe"
    return take(given, name, made.text, name)
  end
  if file == "-" then return read(given, file) end
  local root <close> = failure.check(fs.open(made.path, "dir"))
  local limit = input.recipe_limit()
  for _, name in ipairs(file and { file } or { "recipe.lua", table.unpack(dockerfile.names) }) do
    local text, err = fs.read(name, { root = root:fd(), limit = limit })
    if text then
      -- a folder in it may be a link to one of ours: modules and files of instructions are looked
      -- for at its top
      take(given, name, text, name, made.path)
      given.beside = made.path
      return
    end
    if err.errno ~= "ENOENT" then failure.check(text, err) end
  end
  failure.raise("not-found", file and ("there is no '%s' in the context"):format(file)
    or "there is neither a recipe.lua nor a Dockerfile in the context")
end

--- Options of a command whose context isn't a directory of ours.
local function from_made(context, given, word)
  if not context.store then
    usage(("the build context '%s' isn't a directory"):format(word),
      "`lamina build` takes a URL or standard input")
  elseif word == "-" and context.options.file == "-" then
    usage("build: context and recipe can't both come from standard input")
  end
  local made = made_context.open(context.store, context.bus, word)
  given.context, given.context_is_made, given.held = made.path, true, made.held
  read_made(given, made, context.options.file)
  return given
end

--- A file may stand where the context does: what is around it is the context then.
function source.accept_file(context)
  local word = context.arguments[1]
  local found = word and word ~= "-" and fs.stat(word)
  if word ~= "-" and not (found and found.type ~= "dir") then return end
  if context.options.file then
    usage(("two files: '%s' and '%s'"):format(context.options.file, word))
  end
  context.options.file = word
  context.arguments[1] = word:match("^(.*)/[^/]*$") or "."
end

--- The path of the recipe or Dockerfile that a command line means.
function source.recipe(context)
  return file_of(context.options.file, check_context(context.arguments[1] or "."))
end

--- One platform or several, with commas or as several options.
local function platforms(given)
  local list = {}
  for _, words in ipairs(type(given) == "table" and given or { given }) do
    for word in (words .. ","):gmatch("(.-),") do
      list[#list + 1] = platform.format(platform.parse(word))
    end
  end
  return #list > 0 and table.concat(list, ",") or nil
end

--- The options of build.run and recipe.evaluate that a command line gives: file or text and name,
-- context, args, platform. `written` is what stands in the file, `parsed` a Dockerfile as it is
-- read.
function source.options(context)
  local options, word = context.options, context.arguments[1] or "."
  local given = { args = arguments(options.build_arg), use = options.use,
    named = named.parse(options.build_context) }
  given.platform = platforms(options.platform)
  if made_context.is_one(word) then return from_made(context, given, word) end
  local dir = check_context(word)
  given.context = dir
  read(given, file_of(options.file, dir))
  return given
end

--- What the recipe calls the target that --target names: a Dockerfile's stage may be named by its
-- number, and in any case (SEMANTICS 26).
function source.target(given, name)
  return name and given.targets and given.targets[name:lower()] or name
end

-- Those that count without being asked for.
local silent = { "^SOURCE_DATE_EPOCH$", "^BUILDKIT_", "^[%a_]+_PROXY$", "^[%a_]+_proxy$" }

--- Adds the names that the plan's stages declare, also of those that aren't built.
local function add_declared(set, plan)
  for _, step in ipairs(plan.steps) do
    if step.op == "arg" then
      for _, one in ipairs(step.list or { { step.name } }) do set[one[1]] = true end
    end
  end
end

--- The names of build arguments that neither a plan nor what was built of it (given.asked) asks
-- for: often misspelt ones.
function source.unused_arguments(given, plan)
  local used, list = source.set(plan.arguments), {}
  add_declared(used, plan)
  for name in pairs(given.asked) do used[name] = true end
  for name in pairs(given.args) do
    for _, pattern in ipairs(silent) do used[name] = used[name] or name:find(pattern) end
    if not used[name] then list[#list + 1] = name end
  end
  table.sort(list)
  return list
end

--- All words of values that may hold several, between commas.
function source.words(values)
  local list = {}
  for _, value in ipairs(values) do
    for word in value:gmatch("[^,]+") do list[#list + 1] = word end
  end
  return list
end

--- A list as a set.
function source.set(words)
  local set = {}
  for _, word in ipairs(words) do set[word] = true end
  return set
end

return source
