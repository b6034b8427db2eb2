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

--- Splits a table into its list of paths and stages, and the rest, of which a list of pairs
-- { name, text } has an order.
local function split(values)
  local list, named, ordered = {}, {}, {}
  for key, value in pairs(values) do
    if math.type(key) == "integer" then list[key] = value else named[key] = value end
  end
  for i = #list, 1, -1 do
    if type(list[i]) == "table" and not stage.step(list[i]) then
      table.insert(ordered, 1, table.remove(list, i))
    end
  end
  return list, named, ordered
end

--- The files that a recipe holds itself, as pairs: those with an order come last.
local function inline_files(named, ordered, what)
  local files = next(named) ~= nil and argument.pairs(named, what) or {}
  for _, pair in ipairs(#ordered > 0 and argument.pairs(ordered, what) or {}) do
    files[#files + 1] = pair
  end
  return #files > 0 and files or nil
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

--- `{ ["name"] = "text" }`, or `{ { "name", "text" } }` where their order matters, are files that
-- the recipe holds itself; paths may stand beside them.
local function read_sources(fields, sources, what)
  if type(sources) == "table" and stage.step(sources) then sources = { sources } end
  if type(sources) == "table" then
    local named, ordered
    sources, named, ordered = split(sources)
    fields.inline = inline_files(named, ordered, what)
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
