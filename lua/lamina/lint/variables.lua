--- Which variables an instruction's words use.
--
--   variables.of(instruction, "\\") -> { { name = "HOME", has_default = false, arg = nil } }
--
-- Only words that a build expands count: the commands of RUN and the like are the shell's.
local scan = require "lamina.util.word.scan"

local variables = {}

local defaulting = { ["-"] = true, [":-"] = true, ["+"] = true, [":+"] = true }

local function collect(nodes, found, arg)
  for _, node in ipairs(nodes) do
    if node.name then
      found[#found + 1] = { name = node.name, has_default = defaulting[node.op] or false,
        arg = arg }
      if node.word then collect(node.word, found, arg) end
      if node.pattern then collect(node.pattern, found, arg) end
    end
  end
end

--- Variables of one word. A broken word is told when the file is translated.
function variables.in_word(text, dialect, found, arg)
  found = found or {}
  if not text:find("$", 1, true) then return found end
  local ok, nodes = pcall(scan.nodes, text, dialect)
  if ok then collect(nodes, found, arg) end
  return found
end

-- Instructions whose arguments are the shell's, kept for later, or no words.
local unexpanded = { RUN = true, CMD = true, ENTRYPOINT = true, HEALTHCHECK = true, SHELL = true,
  ONBUILD = true, MAINTAINER = true, FROM = true }

--- Whether a build expands an instruction's arguments.
local function is_expanded(instruction)
  local form = instruction.row.is_custom and instruction.row.form
  return not unexpanded[instruction.instruction] and form ~= "command" and form ~= "json"
end

local function of_heredocs(instruction, found)
  for _, one in ipairs(instruction.heredocs or {}) do
    if one.expand then variables.in_word(one.content, scan.heredoc, found) end
  end
end

local function of_options(instruction, dialect, found)
  for _, value in pairs(instruction.options) do
    for _, text in ipairs(type(value) == "table" and value or { value }) do
      if type(text) == "string" then variables.in_word(text, dialect, found) end
    end
  end
end

--- Every variable of an instruction, in the order of its words; `arg` is the word's index.
function variables.of(instruction, escape)
  local found, dialect = {}, scan.docker(escape)
  if is_expanded(instruction) then
    for i, word in ipairs(instruction.args) do variables.in_word(word, dialect, found, i) end
    of_heredocs(instruction, found)
  end
  if instruction.instruction ~= "ONBUILD" and instruction.instruction ~= "FROM" then
    of_options(instruction, dialect, found)
  end
  return found
end

return variables
