--- Words with variables, taken apart: quotes, escapes, $NAME and ${NAME…}.
--
--   scan.nodes("a$B ${C:-'d e'}", scan.docker "\\")
--     -> { { text = "a" }, { name = "B" }, { text = " " },
--          { name = "C", op = ":-", word = { { text = "d e", is_quoted = true } } } }
--
-- A node is text or a variable. `op` is one of - :- + :+ ? :? # % / and `is_all` stands for the
-- doubled //; # and % leave their doubling to the pattern, which may come from a variable.
-- Dialects differ in what quotes:
--
--   scan.docker(escape)   quotes and the escape character, as in Dockerfiles
--   scan.heredoc          the escape character only: quotes are text (SEMANTICS 15)
--   scan.recipe           a backslash before "$" only: all else is text, and so are two
--                         backslashes unless a "$" follows them
local failure = require "lamina.util.failure"

local scan = {}

local deepest = 100

local Scanner = {}
Scanner.__index = Scanner

function scan.docker(escape)
  return { escape = escape, has_quotes = true }
end

scan.heredoc = { escape = "\\" }
scan.recipe = { escape = "\\", is_recipe = true }

function Scanner:refuse(why)
  failure.raise("invalid-input", ("%s in '%s'"):format(why, self.text:sub(1, 200)))
end

function Scanner:peek()
  return self.text:sub(self.at, self.at)
end

function Scanner:next()
  local char = self:peek()
  self.at = self.at + 1
  return char
end

--- A variable's name at the place, "" when none is there. All digits are one name; of the special
-- parameters each is one.
function Scanner:name()
  local text, at = self.text, self.at
  local name = text:match("^[%a_][%w_]*", at) or text:match("^%d+", at)
    or text:match("^[@*#?$!-]", at) or ""
  self.at = at + #name
  return name
end

--- `${name/pattern/word}` behind the first slash. Docker keeps escapes in the word, too.
function Scanner:replacement(node)
  node.is_all = self:peek() == "/"
  if node.is_all then self.at = self.at + 1 end
  node.pattern = self:nodes("/", true)
  node.word = self:nodes("}", not self.dialect.is_recipe)
  return node
end

--- `${name…}` behind the "${".
function Scanner:braced()
  local first = self:peek()
  if first == "" then self:refuse("a '}' is missing") end
  if first:find("[{}:]") then self:refuse("bad substitution") end
  local node = { name = self:name(), is_braced = true }
  local op = self:next()
  if op == "}" then return node end
  if op == "" then self:refuse("a '}' is missing") end
  node.op = op
  if op == "/" then return self:replacement(node) end
  if op == ":" then
    op = self:next()
    node.op = op:find("[-+?]") and ":" .. op or op
  end
  if op:find("^[-+?#%%]$") then
    node.word = self:nodes("}", op == "#" or op == "%")
  else
    self:refuse(("bad substitution: unknown operator '%s'"):format(op))
  end
  return node
end

function Scanner:dollar(out, is_quoted)
  local node
  if self:peek() == "{" then
    self.at, self.depth = self.at + 1, self.depth + 1
    if self.depth > deepest then self:refuse("nested too deeply") end
    node = self:braced()
    self.depth = self.depth - 1
  else
    local name = self:name()
    node = name == "" and { text = "$" } or { name = name }
  end
  node.is_quoted = is_quoted
  out[#out + 1] = node
end

function Scanner:single_quoted(out)
  local stop = self.text:find("'", self.at, true)
  if not stop then self:refuse("a ' is missing") end
  out[#out + 1] = { text = self.text:sub(self.at, stop - 1), is_quoted = true }
  self.at = stop + 1
end

function Scanner:double_quoted(out, is_raw)
  local escape = self.dialect.escape
  local specials = escape == "\\" and '["$\\]' or '["$`]'
  out[#out + 1] = { text = "", is_quoted = true }
  while true do
    local stop = self.text:find(specials, self.at)
    if not stop then self:refuse('a " is missing') end
    out[#out + 1] = { text = self.text:sub(self.at, stop - 1), is_quoted = true }
    self.at = stop + 1
    local char = self.text:sub(stop, stop)
    if char == '"' then return end
    if char == "$" then
      self:dollar(out, true)
    else
      local quoted = self.text:match('^["$\\`]', self.at)
      if quoted and quoted ~= '"' and quoted ~= "$" and quoted ~= escape then quoted = nil end
      self.at = self.at + (quoted and 1 or 0)
      local text = is_raw and escape .. (quoted or "") or quoted or escape
      out[#out + 1] = { text = text, is_quoted = true }
    end
  end
end

--- What an escape character and the one behind it mean.
function Scanner:escaped(out, is_raw)
  local char = self:next()
  if is_raw then char = self.dialect.escape .. char end
  if char ~= "" then out[#out + 1] = { text = char, is_quoted = true } end
end

--- In recipes a run of backslashes means something before "$" (and the end of an operand) only.
function Scanner:backslashes(out, stop)
  local run = self.text:match("^\\*", self.at)
  local count = #run + 1
  self.at = self.at + #run
  local char = self:peek()
  if char ~= "$" and (char == "" or char ~= stop) then
    out[#out + 1] = { text = ("\\"):rep(count) }
    return
  end
  out[#out + 1] = { text = ("\\"):rep(count // 2) }
  if count % 2 == 1 then out[#out + 1] = { text = self:next() } end
end

local classes = {}

--- Which characters mean something: a pattern for find.
local function class_of(dialect, stop)
  local key = (dialect.has_quotes and "q" or "") .. dialect.escape .. (stop or "")
  classes[key] = classes[key] or "[$" .. (dialect.has_quotes and "'\"" or "")
    .. (dialect.escape == "\\" and "\\" or "`") .. (stop or "") .. "]"
  return classes[key]
end

--- Takes text until `stop` (nil: the end) as nodes. `is_raw` keeps escapes: the text is a pattern.
function Scanner:nodes(stop, is_raw)
  local out, class = {}, class_of(self.dialect, stop)
  while true do
    local place = self.text:find(class, self.at) or #self.text + 1
    if place > self.at then out[#out + 1] = { text = self.text:sub(self.at, place - 1) } end
    local char = self.text:sub(place, place)
    self.at = place + 1
    if char == "" then
      if stop then self:refuse(("a '%s' is missing"):format(stop)) end
      return out
    elseif char == stop then
      return out
    elseif char == "$" then
      self:dollar(out)
    elseif char == "'" then
      self:single_quoted(out)
    elseif char == '"' then
      self:double_quoted(out, is_raw)
    elseif self.dialect.is_recipe and not is_raw then
      self:backslashes(out, stop)
    else
      self:escaped(out, is_raw)
    end
  end
end

--- Takes a whole text apart; raises a failure "invalid-input".
function scan.nodes(text, dialect)
  local self = setmetatable({ text = text, at = 1, dialect = dialect, depth = 0 }, Scanner)
  return self:nodes(nil, false)
end

return scan
