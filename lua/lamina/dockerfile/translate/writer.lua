--- The recipe as it is written: its lines, and the line of the Dockerfile that each stands for.
local safe = require "lamina.util.text"

local writer = {}

local Writer = {}
Writer.__index = Writer

function writer.new()
  return setmetatable({ parts = {}, lines = {} }, Writer)
end

--- Adds whole lines that stand for a line of the Dockerfile.
function Writer:add(text, line)
  local parts, lines = self.parts, self.lines
  local count = #lines + 1
  parts[#parts + 1], lines[count] = text, line
  local at = text:find("\n", 1, true)
  while at do
    count = count + 1
    lines[count] = line
    at = text:find("\n", at + 1, true)
  end
end

--- How many lines there are.
function Writer:count()
  return #self.lines
end

--- A comment or blank line of the Dockerfile. A control byte could end a comment of Lua's.
local function as_comment(text)
  if text == "" then return "" end
  text = safe.escape((text:gsub("^#%s*", ""):gsub("%c", " ")))
  return text == "" and "--" or "-- " .. text
end

--- Comments and blank lines, the last of them before `line`. Directives are the Dockerfile's own.
function Writer:comments(list, line, indent, directives)
  for i, text in ipairs(list) do
    local of = math.max(1, line - #list + i - 1)
    local is_directive = text:find("^#%s*lamina:") ~= nil
    for _, one in ipairs(directives or {}) do
      is_directive = is_directive or one.line == of and one.name ~= "check"
    end
    if not is_directive then
      local comment = as_comment(text)
      self:add(comment == "" and "" or (" "):rep(indent) .. comment, of)
    end
  end
end

--- A blank line, unless one is there or nothing is.
function Writer:gap(line)
  local last = self.parts[#self.parts]
  if last and last ~= "" then self:add("", line) end
end

function Writer:finish()
  return table.concat(self.parts, "\n") .. "\n", self.lines
end

return writer
