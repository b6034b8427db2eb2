--- Methods that change what the image says, not its files: env, user, cmd and the like.
local argument = require "lamina.recipe.argument"
local literal = require "lamina.util.word.recipe"
local place = require "lamina.recipe.place"
local stage = require "lamina.recipe.stage"

for _, op in ipairs { "env", "label", "annotate" } do
  stage.simple(op, function(values) return { pairs = argument.pairs(values, op) } end)
end

--- A build argument's name and default; without a default it is the recipe's own argument of
-- that name, if there is one.
local function declaration(name, default)
  name = argument.text(name, "arg: the name")
  if default ~= nil then return name, argument.text(default, "arg: the default") end
  return name, stage.declared(name) and literal.literal(stage.declared(name))
end

--- arg(name, default), or several at once: arg { "a", { "b", default } }.
stage.simple("arg", function(name, default)
  if type(name) ~= "table" then
    name, default = declaration(name, default)
    return { name = name, default = default }
  end
  local list = {}
  for i, item in ipairs(name) do
    list[i] = { declaration(table.unpack(type(item) == "table" and item or { item }, 1, 2)) }
  end
  if #list == 0 then place.blame("arg: a name expected, got an empty table") end
  return { list = list }
end)

stage.simple("maintainer", function(name) return { name = argument.text(name, "maintainer") } end)

stage.simple("workdir", function(path) return { path = argument.text(path, "workdir") } end)
stage.simple("user", function(name) return { name = argument.text(name, "user") } end)
stage.simple("onbuild", function(text) return { text = argument.text(text, "onbuild") } end)
stage.simple("stopsignal", function(name) return { signal = argument.text(name, "stopsignal") } end)
stage.simple("expose", function(...) return { ports = argument.several("expose", ...) } end)
stage.simple("volume", function(...) return { paths = argument.several("volume", ...) } end)

stage.simple("shell", function(words)
  if type(words) ~= "table" then place.blame("shell: a list of words expected") end
  return { exec = argument.list(words, "shell") }
end)

local function either_form(command, what, fields)
  command = argument.command(command, what)
  fields[type(command) == "string" and "shell" or "exec"] = command
  return fields
end

for _, op in ipairs { "cmd", "entrypoint" } do
  stage.simple(op, function(command) return either_form(command, op, {}) end)
end

local health_options = {
  interval = argument.text, timeout = argument.text, start_period = argument.text,
  start_interval = argument.text, retries = argument.integer,
}

stage.simple("healthcheck", function(command, options)
  if command == false then return { none = true } end
  local fields = argument.options(options, health_options, "healthcheck")
  return either_form(command, "healthcheck", fields)
end)

return true
