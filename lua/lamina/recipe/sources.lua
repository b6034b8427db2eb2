--- The texts of a recipe and of the files that it has loaded by `use` and `require`, for triggers
-- that carry the instruction that they are.
local place = require "lamina.recipe.place"

local sources = {}

local list, by_name, recipe = {}, {}, nil

--- A word as a pattern, with what has to stand around it.
local function around(before, word, behind)
  return before .. word:gsub("%W", "%%%0") .. behind
end

--- Remembers a file; it is loaded now. Others use it by its name: use "./dir/name.lua", require
-- "dir.name".
function sources.add(name, text)
  if by_name[name] then return end
  local stem = name:match("([^/]*)%.lua$") or name
  local source = { name = name, text = text, patterns = { around("[\"'/.]", stem, "[\"'.]") } }
  list[#list + 1], by_name[name] = source, source
end

--- Remembers the recipe itself. No file uses it, but its instructions may be needed as well.
function sources.add_recipe(name, text)
  recipe = { name = name, text = text, patterns = {}, last_line = 0 }
  list[#list + 1], by_name[name] = recipe, recipe
end

--- Says that a file, or the recipe, defines an instruction. Others use it as stage:name, or as NAME
-- in a text.
function sources.define(name, instruction)
  local source = by_name[name] or recipe
  local patterns = source.patterns
  patterns[#patterns + 1] = around("[.:]%s*", instruction, "%f[^%w_]")
  patterns[#patterns + 1] = around("%f[%w_]", instruction:upper(), "%f[^%w_]")
  if source.last_line then
    source.last_line = math.max(source.last_line, place.line_of(source.name) or math.huge)
  end
end

--- A file's text; of a recipe what has to be run for its instructions to be there, up to the end of
-- the statement that defines the last of them.
local function text_of(source)
  local text = source.text
  local last, line = not source.last_line and #text or 0, 0
  while last < #text do
    last, line = text:find("\n", last + 1, true) or #text, line + 1
    if line >= source.last_line and load(text:sub(1, last), "=", "t") then break end
  end
  return text:sub(1, last)
end

--- Whether a text may use another file. What only looks like it brings one too many along.
local function mentions(text, other)
  for _, pattern in ipairs(other.patterns) do
    if text:find(pattern) then return true end
  end
  return false
end

--- Where a file is found by others: what the caller named by a path has its last part alone, since
-- where it lies is nobody's business.
local function shown(source)
  local name = source.name
  local is_callers = source.last_line or name:find("^/") or name:find("%.%./")
  return is_callers and name:match("[^/]*$") or name
end

--- A file and those that it may need, in the order in which they were loaded: { name =, text = }.
function sources.needed(name)
  local first = by_name[name] or recipe
  local wanted, waiting = { [first] = true }, { first }
  while #waiting > 0 do
    local text = text_of(table.remove(waiting))
    for _, other in ipairs(list) do
      if not wanted[other] and mentions(text, other) then
        wanted[other] = true
        waiting[#waiting + 1] = other
      end
    end
  end
  local needed = {}
  for _, source in ipairs(list) do
    if wanted[source] then
      needed[#needed + 1] = { name = shown(source), text = text_of(source) }
    end
  end
  return needed
end

return sources
