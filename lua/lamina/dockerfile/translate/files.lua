--- COPY and ADD as copy(sources, destination, { from =, … }).
local heredoc = require "lamina.dockerfile.heredoc"
local literal = require "lamina.dockerfile.translate.literal"
local recipe = require "lamina.util.word.recipe"
local scan = require "lamina.util.word.scan"

local text_options = { "chown", "chmod", "checksum" }
local truths = { "link", "parents", "keep_git_dir", "unpack" }

--- Heredocs as names and texts, and whether the recipe shall expand those. Where only some are
-- expanded, the dollars of the others are quoted.
local function inline(found)
  local expands = false
  for _, one in ipairs(found) do
    expands = expands or (one.expand and one.content:find("[$\\]") ~= nil)
  end
  local fields, last = {}, {}
  for _, one in ipairs(found) do last[one.name] = one end
  for _, one in ipairs(found) do
    if last[one.name] == one then
      local text = one.content
      if expands and one.expand then
        text = recipe.text(scan.nodes(text, scan.heredoc))
      elseif expands then
        text = recipe.literal(text)
      end
      fields[#fields + 1] = { one.name, literal.text(text) }
    end
  end
  return fields, expands
end

--- The sources as one argument: a text, or a table of texts and of files by name.
local function sources_of(self, instruction)
  local paths, args = {}, instruction.args
  local found = instruction.heredocs
  if not found and #args == 2 then return literal.text(self:word(args[1])), false end
  for i = 1, #args - 1 do
    if not found or instruction.json or not heredoc.parse(args[i]) then
      paths[#paths + 1] = literal.text(self:word(args[i]))
    end
  end
  if not found then return literal.list(paths), false end
  local fields, expands = inline(found)
  return literal.fields(fields, paths), expands
end

--- What the flags and heredocs of the instruction are as options of copy.
local function options_of(self, instruction, expands)
  local options, fields = instruction.options, {}
  if options.from then fields[1] = { "from", self:stage(options.from, instruction.line) } end
  for _, name in ipairs(text_options) do
    if options[name] then
      fields[#fields + 1] = { name, literal.text(self:word(options[name])) }
    end
  end
  for _, name in ipairs(truths) do
    if options[name] ~= nil then fields[#fields + 1] = { name, tostring(options[name]) } end
  end
  if options.exclude then
    local list = {}
    for i, pattern in ipairs(options.exclude) do list[i] = literal.text(self:word(pattern)) end
    fields[#fields + 1] = { "exclude", #list == 1 and list[1] or literal.list(list) }
  end
  if expands then fields[#fields + 1] = { "expand", "true" } end
  return literal.fields(fields)
end

return function(self, instruction)
  local sources, expands = sources_of(self, instruction)
  local args = instruction.args
  local arguments = { sources, literal.text(self:word(args[#args])) }
  if expands or next(instruction.options) then
    arguments[3] = options_of(self, instruction, expands)
  end
  return instruction.instruction:lower(), arguments
end
