--- run: a command in the stage.
local argument = require "lamina.recipe.argument"
local mounts = require "lamina.recipe.mounts"
local place = require "lamina.recipe.place"
local stage = require "lamina.recipe.stage"

--- A script's name: a file in /dev/pipes.
local function script_name(value, what)
  local name = value == true and "script" or argument.text(value, what)
  if name == "" or name == "." or name == ".." or name:find("/", 1, true) then
    place.blame(("%s: '%s' is no file's name"):format(what, name))
  end
  return name
end

local run_options = {
  mounts = mounts.reader(stage.source_of), network = argument.text, security = argument.text,
  cache = argument.boolean, timeout = argument.text, user = argument.text, env = argument.pairs,
  script = script_name, devices = argument.list,
}

stage.simple("run", function(command, options)
  local fields = argument.options(options, run_options, "run")
  fields.command = argument.command(command, "run")
  if type(fields.command) == "table" and #fields.command == 0 then
    place.blame("run: the command is empty")
  end
  if fields.script and type(fields.command) ~= "string" then
    place.blame("run: a script is a text, not a list")
  end
  return fields
end)

return true
