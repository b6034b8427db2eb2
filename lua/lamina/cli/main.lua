--- The command line: finds the command, reads its options, runs it, tells how it failed.
--
-- A command is data plus a function, in cmd/NAME.lua:
--
--   return {
--     name = "tag", summary = "Give an image another name", usage = "tag SOURCE TARGET",
--     help = "more than the summary tells",            -- optional
--     example = "lamina tag debian:bookworm debian",
--     options = { { long = "force", short = "f", help = "…" } },   -- see option.lua
--     arguments = { { name = "SOURCE" }, { name = "TARGET" } },    -- optional=, many=
--     stops_early = true,         -- words behind the first argument are arguments (run, exec)
--     needs = "store",            -- or "join" (a running container's namespaces), "loop", nil
--     before = function(context) … end,         -- raises; nothing is open yet
--     container = function(context) … end,      -- for "join": its name; default arguments[1]
--     detaches = function(options) … end,       -- whether it goes on in the background; it calls
--                                               -- context.ready(text) then, which is printed
--     run = function(context) … return status end,
--   }
--
-- context: options (by long name, "-" as "_"), arguments (list), store, bus, out (output.lua).
require "lamina.util.strict"
-- A command's life is short: less time for the collector, more memory for garbage.
collectgarbage("setpause", 400)
local check = require "lamina.util.check"
local failure = require "lamina.util.failure"
local help = require "lamina.cli.help"
local option = require "lamina.cli.option"
local output = require "lamina.cli.output"
local report = require "lamina.cli.report"

-- Before a command's name there are short ones too: -h behind one is that command's.
local program_options = {
  { long = "version", short = "v", help = "show the version" },
}
for _, row in ipairs(help.global_options) do
  program_options[#program_options + 1] = { long = row.long, value = row.value, help = row.help,
    short = row.long == "help" and "h" or nil }
end

local function find(name)
  local names = help.names()
  for _, known in ipairs(names) do
    if known == name then return require("lamina.cli.cmd." .. name) end
  end
  local near = check.suggest(name, names)
  local hint = near and ("did you mean 'lamina %s'?"):format(near)
  failure.raise("usage", ("unknown command '%s'"):format(name),
    { hint = hint or "'lamina help' lists the commands" })
end

--- Reads the words behind a command's name; usage failures say where to read on.
local function read_words(command, words, global)
  local ok, options, arguments = pcall(option.parse, help.options(command), words,
    command.stops_early)
  local err = options
  if ok and not options.help then
    ok, err = pcall(option.check_arguments, command.arguments or {}, arguments)
  end
  if not ok then
    if not failure.is(err, "usage") then error(err, 0) end
    local more = ("'lamina %s --help' shows how it is used"):format(command.name)
    failure.raise("usage", command.name .. ": " .. err.message,
      { hint = { err.hint or more, err.hint and more } })
  end
  for _, row in ipairs(help.global_options) do
    if options[row.long] == nil then options[row.long] = global[row.long] end
  end
  return options, arguments
end

local function run_command(command, words, global)
  local options, arguments = read_words(command, words, global)
  failure.tracing = options.debug
  local out = output.new()
  if options.help then
    out:write(help.command(command))
    return out:flush()
  end
  local context = { options = options, arguments = arguments, out = out }
  return require("lamina.cli.session").run(command, context)
end

local function run(argv)
  local global, words = option.parse(program_options, argv, true)
  failure.tracing = global.debug
  local name = table.remove(words, 1)
  if global.version then name, words = "version", {} end
  if global.help then name, words, global.help = "help", { name }, nil end
  if not name then
    io.stderr:write(help.overview())
    return 2
  end
  return run_command(find(name), words, global)
end

local function with_trace(err)
  return failure.is(err) and err or debug.traceback(tostring(err), 2)
end

--- Runs the words of a command line (argv[0] is the program) and answers the exit status.
return function(argv)
  local ok, result = xpcall(run, with_trace, argv)
  if ok then return result or 0 end
  return report.failure(result, failure.tracing)
end
