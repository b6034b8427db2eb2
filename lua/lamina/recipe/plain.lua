--- Steps as the instructions of a plain Dockerfile, which any builder takes.
--
--   local lines = plain.lines(output, input, "\\", more)   -- the steps behind `input`, to `output`
--
-- `more` collects the stages that these copy from: lists of lines that begin with FROM.
local commands = require "lamina.recipe.plain.commands"
local config = require "lamina.recipe.plain.config"
local files = require "lamina.recipe.plain.files"
local place = require "lamina.recipe.place"

local plain = {}

-- How each op is written: a function(step, context) that answers a text. `context` has `escape`,
-- `refuse(what, hint)`, which raises, and from(step): what --from names.
local write = { copy = files, add = files }
for _, list in ipairs { commands, config } do
  for op, writer in pairs(list) do write[op] = writer end
end

local Context = {}
Context.__index = Context

function Context.refuse(what, hint)
  place.blame(("%s can't be written in a plain Dockerfile"):format(what), hint)
end

--- What --from names: an image, or a further stage that is written for it.
function Context:from(step)
  if step.op == "image" and step.files_only then return step.ref end
  local base = step
  while base.input do base = base.input end
  if base.op ~= "image" and base.op ~= "scratch" then self.refuse "what is copied from" end
  if self.more.names[step] then return self.more.names[step] end
  local platform = base.platform and "--platform=" .. base.platform .. " " or ""
  local lines = plain.lines(step, base, self.escape, self.more)
  local name = ("lamina-expanded-%d"):format(#self.more + 1) -- behind those it needs itself
  self.more.names[step] = name
  table.insert(lines, 1, ("FROM %s%s AS %s"):format(platform, base.ref or "scratch", name))
  self.more[#self.more + 1] = lines
  return name
end

--- The steps behind one up to another, oldest first.
local function between(output, input)
  local list, step = {}, output
  while step ~= input do
    list[#list + 1] = step
    step = step.input
    if not step then Context.refuse "a stage that doesn't grow from the one it was given" end
  end
  for i = 1, #list // 2 do list[i], list[#list - i + 1] = list[#list - i + 1], list[i] end
  return list
end

--- The instructions; see the head of this file.
function plain.lines(output, input, escape, more)
  local lines = {}
  more.names = more.names or {}
  local context = setmetatable({ escape = escape, more = more }, Context)
  for i, step in ipairs(between(output, input)) do
    if not write[step.op] then context.refuse(step.op) end
    lines[i] = write[step.op](step, context)
    if config[step.op] and lines[i]:find("[\n\r]") and step.op ~= "onbuild" then
      context.refuse(step.op .. " with a line end")
    end
  end
  return lines
end

return plain
