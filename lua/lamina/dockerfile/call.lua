--- An instruction as its row's apply(stage, call) is given it.
--
--   calls.of(instruction, context) -> { name = "COPY", args = { "a", "/b" },
--     flags = { link = true }, json = false, heredocs = { { name =, content =, expand =, raw = } },
--     file =, line = }
--
-- Words become those of a recipe: quotes and escapes are gone, variables stay, since a stage's
-- methods replace them when the image's environment is known. What belongs to a shell stays as it
-- is written. Words that begin heredocs are left out. `context` knows what stands around it:
--
--   context.name, context.escape           the file's
--   context:stage(name, line)              what --from names, as `from` of copy takes it
--   context:mount(kind, target, options)   a mount for run
local flags = require "lamina.dockerfile.flags"
local heredoc = require "lamina.dockerfile.heredoc"
local mounts = require "lamina.dockerfile.call.mounts"
local scan = require "lamina.util.word.scan"
local words = require "lamina.util.word.recipe"

local calls = {}

local none = {}

local function as_written(instruction) return instruction.args end

local function each_word(instruction, escape)
  local list, has_heredocs = {}, instruction.heredocs and not instruction.json
  for _, word in ipairs(instruction.args) do
    if not has_heredocs or not heredoc.parse(word) then
      list[#list + 1] = words.from_docker(word, escape)
    end
  end
  return list
end

--- NAME, NAME=VALUE.
local function declarations(instruction, escape)
  local list = {}
  for i, word in ipairs(instruction.args) do
    local at = word:find("=", 1, true)
    list[i] = at and word:sub(1, at) .. words.from_docker(word:sub(at + 1), escape) or word
  end
  return list
end

--- The trigger as the image keeps it: its text, heredocs behind it (SEMANTICS 40). A user's own
-- one is read again while the recipe runs: its file's escape is the second word, if it isn't "\".
local function trigger(instruction, escape)
  local parts = { (instruction.text:gsub("^%s*%S+%s*", "")) }
  for _, one in ipairs(instruction.onbuild.heredocs or {}) do
    parts[#parts + 1] = one.raw .. one.name
  end
  local is_own = instruction.onbuild.row.is_custom
  return { table.concat(parts, "\n"), is_own and escape ~= "\\" and escape or nil }
end

-- How the words of each form are read (forms.lua).
local read_args = { command = as_written, json = as_written, health = as_written,
  raw = as_written, paths = each_word, list = each_word, words = each_word, pairs = each_word,
  text = each_word, arguments = declarations, instruction = trigger }

-- How a flag's value is read, by its kind (flags.lua).
local read_flag = {}

function read_flag.string(value, _, context) return words.from_docker(value, context.escape) end
function read_flag.boolean(value) return value end
function read_flag.mount(_, one, context) return mounts.of(one, context) end
function read_flag.stage(value, one, context) return context:stage(value, one.line) end

function read_flag.list(value, _, context)
  local list = {}
  for i, word in ipairs(value) do list[i] = words.from_docker(word, context.escape) end
  return list
end

local function flags_of(row, instruction, context)
  local options = instruction.options
  if not next(options) then return none end
  local values = {}
  for _, flag in ipairs(row.flags) do
    local key = flags.key(flag.name)
    local value = options[key]
    if value ~= nil then values[key] = read_flag[flag.kind](value, instruction, context) end
  end
  return values
end

--- Texts that are no shell's are written as a recipe has them, when they have variables.
local function heredocs_of(instruction, is_raw)
  local list = {}
  for i, one in ipairs(instruction.heredocs) do
    local content = one.content
    if one.expand and not is_raw then content = words.text(scan.nodes(content, scan.heredoc)) end
    list[i] = { name = one.name, content = content, expand = one.expand, raw = one.raw }
  end
  return list
end

--- See the head of this file. Its tables aren't its own: they are not to be changed.
function calls.of(instruction, context)
  local row = instruction.row
  local read = read_args[row.form]
  return { name = row.name, args = read(instruction, context.escape),
    flags = flags_of(row, instruction, context), json = instruction.json or false,
    heredocs = instruction.heredocs and heredocs_of(instruction, read == as_written) or none,
    file = context.name, line = instruction.line }
end

return calls
