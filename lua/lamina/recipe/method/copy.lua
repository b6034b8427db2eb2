--- copy and add: files into the stage.
local argument = require "lamina.recipe.argument"
local place = require "lamina.recipe.place"
local stage = require "lamina.recipe.stage"

local copy_options = {
  from = stage.source_of, chown = argument.text, chmod = argument.text, link = argument.boolean,
  parents = argument.boolean, exclude = argument.list, expand = argument.boolean,
}

local add_options = { checksum = argument.text, unpack = argument.boolean,
  keep_git_dir = argument.boolean }
for key, reader in pairs(copy_options) do add_options[key] = reader end

--- Splits a table into its list and the rest.
local function split(values)
  local list, named = {}, {}
  for key, value in pairs(values) do
    if math.type(key) == "integer" then list[key] = value else named[key] = value end
  end
  return list, named
end

--- Takes http and git sources out of a list of paths.
local function split_remotes(list, what)
  local paths, remotes = {}, {}
  for _, item in ipairs(list) do
    local step = type(item) == "table" and stage.step(item)
    if step and (step.op == "http" or step.op == "git") then
      remotes[#remotes + 1] = step
    elseif step then
      place.blame(what .. ": paths expected", "the stage or context to take them from goes into"
        .. " the options: { from = … }")
    else
      paths[#paths + 1] = item
    end
  end
  return #remotes > 0 and paths or list, #remotes > 0 and remotes or nil
end

--- `{ ["name"] = "text" }` are files that the recipe holds itself; paths may stand beside them.
local function read_sources(fields, sources, what)
  if type(sources) == "table" and stage.step(sources) then sources = { sources } end
  if type(sources) == "table" then
    local named
    sources, named = split(sources)
    if next(named) ~= nil then fields.inline = argument.pairs(named, what) end
    sources, fields.remotes = split_remotes(sources, what)
  end
  if not (fields.inline or fields.remotes) or next(sources) ~= nil then
    fields.sources = argument.list(sources, what .. ": the sources")
  end
end

local function copying(op, rows)
  stage.simple(op, function(sources, destination, options)
    local fields = argument.options(options, rows, op)
    read_sources(fields, sources, op)
    fields.destination = argument.text(destination, op .. ": the destination")
    return fields
  end)
end

copying("copy", copy_options)
copying("add", add_options)

return true
