--- `build --watch`: builds, and again whenever something that the plan depends on has changed.
local failure = require "lamina.util.failure"
local inputs = require "lamina.build.inputs"
local report = require "lamina.cli.report"
local source = require "lamina.cli.source"
local watcher = require "lamina.util.watcher"

local watching = {}

--- A recipe on standard input can't change.
function watching.check(options)
  if options.file == "-" then
    failure.raise("usage", "build: --watch needs a recipe in a file, not standard input")
  end
end

local function say(words)
  io.stderr:write("lamina: ", words, "\n")
end

--- A build that fails is told, and waits for its mistake to be mended.
local function build_once(context, found, once)
  local ok, err = pcall(once, found)
  if ok then return context.out:flush() end
  if not failure.is(err) or err.kind == "interrupted" then error(err, 0) end
  report.failure(err)
end

--- Waits until something differs from what was built.
local function wait(found, watched)
  watched:watch(found:directories())
  while not found:has_changed() do
    watched:wait()
    watched:watch(found:directories())
  end
end

--- Calls once(inputs), which builds, again and again; Ctrl-C ends it.
function watching.run(context, once)
  local found = inputs.new(context.store)
  local watched <close> = watcher.new()
  local recipe = source.recipe(context) -- none at all is a mistake of the command line
  while true do
    found:begin(recipe)
    build_once(context, found, once)
    say "waiting for a change (Ctrl-C ends)"
    wait(found, watched)
    say "something has changed"
  end
end

return watching
