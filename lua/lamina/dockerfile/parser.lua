--- Reads a Dockerfile into a list of instructions.
--
--   local file = parser.parse(text, { name = "Dockerfile" })
--   file.instructions = { {
--     instruction = "RUN", line = 3, end_line = 5,
--     text = "run --network=none make",         -- as it stands in the file, continuations joined
--     flags = { "--network=none" }, options = { network = "none" },
--     args = { "make" }, json = nil,            -- see forms.lua
--     heredocs = { { name =, content =, expand =, strip =, raw = } },
--     onbuild = { … },                          -- the instruction that ONBUILD keeps
--     row = row,                                -- of instructions.lua, or a user's own
--     before = { "# a comment", "" },           -- comments and blank lines above it
--     inside = { "# a comment" },               -- comments between its lines
--     empty_line = 4,                           -- an empty line within it (SEMANTICS 2)
--   } }
--   file.escape, file.directives, file.after (comments behind the last one), file.lines
--
-- Options: name (for messages), limit (bytes), custom (rows of instructions.lua by name), escape
-- (until a directive says another).
-- What is wrong is raised as a failure "invalid-input" with the file's name and line.
local check = require "lamina.util.check"
local directives = require "lamina.dockerfile.directives"
local failure = require "lamina.util.failure"
local flags = require "lamina.dockerfile.flags"
local forms = require "lamina.dockerfile.forms"
local heredoc = require "lamina.dockerfile.heredoc"
local instructions = require "lamina.dockerfile.instructions"
local json_form = require "lamina.dockerfile.json_form"
local lines = require "lamina.dockerfile.lines"

local parser = {}

local Parser = {}
Parser.__index = Parser

function Parser:fail(line, message, hint)
  failure.raise("invalid-input", message, { file = self.name, line = line, hint = hint })
end

--- The row of an instruction; an unknown one is an error that suggests the nearest (SEMANTICS 6).
function Parser:row(word, complain)
  local row = instructions.find(word, self.custom)
  if row then return row end
  local names = instructions.all_names(self.custom)
  local near = check.suggest(word:upper(), names)
  local hint = word:find("^%a") and "known are " .. table.concat(names, ", ")
    or "if it belongs to the instruction before, that line ends with " .. self.escape
  complain(("unknown instruction '%s'"):format(word),
    near and ("did you mean %s?"):format(near) or hint)
end

local function check_count(row, instruction, complain)
  local count = #instruction.args
  if count >= (row.least or 0) and count <= (row.most or count) then return end
  if count == 0 and (row.least or 0) > 0 then
    complain(("%s: its argument is missing"):format(row.name))
  elseif count < (row.least or 0) then
    complain(("%s takes %d arguments at least, there is only '%s'"):format(row.name, row.least,
      instruction.args[1]))
  elseif count > (row.most or math.huge) then
    complain(("%s takes %d arguments, not %d"):format(row.name, row.most, count))
  end
end

--- Heredocs of the line, their texts taken from the lines behind it.
function Parser:read_heredocs(text, complain)
  if not text:find("<<", 1, true) then return nil end
  local found = heredoc.find(text)
  if #found == 0 or json_form.parse(text) then return nil end
  for _, one in ipairs(found) do
    if not heredoc.read(one, self.reader) then
      complain(("the heredoc '%s' doesn't end"):format(one.name),
        ("a line with nothing but %s ends it"):format(one.name))
    end
  end
  return found
end

local empty = {}

--- Makes an instruction of a joined line.
function Parser:instruction(text, line)
  local context = self.context
  local complain = context.complain
  context.line, context.escape = line, self.escape
  local _, last, word = text:find("^%s*(%S*)%s*")
  local rest = lines.trim_right(text:sub(last + 1))
  local row = self:row(word, complain)
  -- all that every one has, at once: a table that grows is copied
  local instruction = { instruction = row.name, line = line, text = text, flags = empty,
    options = empty, args = false, end_line = line, before = empty,
    row = row }
  if rest:byte() == 45 and rest:byte(2) == 45 then -- "--"
    instruction.flags, rest = flags.cut(rest)
    instruction.options = flags.read(row.flags, instruction.flags, complain,
      row.form == "command")
  end
  if row.form == "instruction" then
    if rest == "" then complain(("%s: an instruction is missing behind it"):format(row.name)) end
    instruction.args = {}
    if rest:find("^[oO][nN][bB][uU][iI][lL][dD]%f[%s\0]") then
      complain("ONBUILD ONBUILD isn't possible")
    end
    instruction.onbuild = self:instruction(rest, line)
  else
    instruction.heredocs = row.has_heredocs and self:read_heredocs(rest, complain) or nil
    forms[row.form](instruction, rest, context)
    check_count(row, instruction, complain)
  end
  if row.check then row.check(instruction, complain) end
  return instruction
end

--- Joins the lines that continue the first one. Comments between them are dropped from the text,
-- and so are empty lines (SEMANTICS 2).
function Parser:join(first)
  local escape = self.escape:byte()
  local continues, part = lines.continued(first, escape)
  if not continues then return part end
  local parts, inside, empty_line = { part }, nil, nil
  while continues do
    local line = self.reader:next()
    if not line then break end
    local head = line:match("^%s*([^%s])")
    if head == "#" then
      inside = inside or {}
      inside[#inside + 1] = lines.trim_left(line)
    elseif not head then
      empty_line = empty_line or self.reader.line
    else
      continues, part = lines.continued(line, escape)
      parts[#parts + 1] = part
    end
  end
  return table.concat(parts), inside, empty_line, parts
end

function Parser:check_text(text, line)
  if self.reader.is_clean or utf8.len(text) then return end
  self:fail(line, "the text is not UTF-8", "a Dockerfile is UTF-8: save it as that")
end

local function comment(self, line)
  line = lines.trim_right(line)
  return self.reader.is_clean and line or lines.repaired(line)
end

function Parser:read_instruction(first)
  local line = self.reader.line
  local text, inside, empty_line, parts = self:join(first)
  self:check_text(text, line)
  if not text:find("%S") then self:fail(line, "an instruction expected") end
  local instruction = self:instruction(text, line)
  local heredocs = (instruction.onbuild or instruction).heredocs
  for i = 1, heredocs and #heredocs or 0 do self:check_text(heredocs[i].raw, line) end
  instruction.end_line = self.reader.line
  instruction.inside, instruction.empty_line, instruction.parts = inside, empty_line, parts
  return instruction
end

--- Everything up to the end of the file.
function Parser:run()
  local list, before = {}, empty
  local function remember(text)
    if before == empty then before = {} end
    before[#before + 1] = text
  end
  local function fail(...) self:fail(...) end
  local state = directives.new()
  while true do
    local line = self.reader:next()
    if not line then break end
    line = lines.trim_left(line)
    if line:byte() == 35 then -- "#"
      if directives.take(state, line, self.reader.line, fail) then self.escape = state.escape end
      remember(comment(self, line))
    elseif line == "" then
      state.is_open = false
      remember ""
    else
      state.is_open = false
      local instruction = self:read_instruction(line)
      instruction.before = before
      list[#list + 1], before = instruction, empty
    end
  end
  return { instructions = list, after = before, directives = state.list, escape = self.escape,
    lines = self.reader.line, name = self.name }
end

--- Reads a Dockerfile; see the head of this file.
function parser.parse(text, options)
  options = options or {}
  local self = setmetatable({ name = options.name or "Dockerfile",
    escape = options.escape or "\\", custom = options.custom }, Parser)
  local function fail(...) self:fail(...) end
  local context = {}
  function context.complain(message, hint) self:fail(context.line, message, hint) end
  self.context = context
  self.reader = lines.reader(text, fail, options.limit)
  local file = self:run()
  if #file.instructions == 0 then
    self:fail(nil, text:find("^\239?\187?\191?%s*$") and "the file is empty"
      or "there is no instruction in the file",
      "FROM begins a Dockerfile")
  end
  return file
end

return parser
