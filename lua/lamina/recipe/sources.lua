--- The texts of the files that a recipe has loaded by `use` and `require`, for triggers that carry
-- the instruction that they are.
local sources = {}

local list, by_name = {}, {}

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

--- Says that a file defines an instruction. Others use it as stage:name, or as NAME in a text.
function sources.define(name, instruction)
  local patterns = by_name[name] and by_name[name].patterns or {}
  patterns[#patterns + 1] = around("[.:]%s*", instruction, "%f[^%w_]")
  patterns[#patterns + 1] = around("%f[%w_]", instruction:upper(), "%f[^%w_]")
end

--- Whether a file's text may use another file. What only looks like it brings one too many along.
local function mentions(source, other)
  for _, pattern in ipairs(other.patterns) do
    if source.text:find(pattern) then return true end
  end
  return false
end

--- Where a file is found by others: what the caller named by a path has its last part alone, since
-- where it lies is nobody's business.
local function shown(name)
  return (name:find("^/") or name:find("%.%./")) and name:match("[^/]*$") or name
end

--- A file and those that it may need, in the order in which they were loaded: { name =, text = };
-- nil where the name is no such file's.
function sources.needed(name)
  if not by_name[name] then return nil end
  local wanted, waiting = { [by_name[name]] = true }, { by_name[name] }
  while #waiting > 0 do
    local source = table.remove(waiting)
    for _, other in ipairs(list) do
      if not wanted[other] and mentions(source, other) then
        wanted[other] = true
        waiting[#waiting + 1] = other
      end
    end
  end
  local needed = {}
  for _, source in ipairs(list) do
    if wanted[source] then
      needed[#needed + 1] = { name = shown(source.name), text = source.text }
    end
  end
  return needed
end

return sources
