--- The words of a command line against a table of rows, with the meaning Docker gives them.
--
--   { long = "filter", short = "f", value = "KEY=VALUE", many = true, help = "…" }
--
-- A row without `value` is a flag (`--flag`, `--flag=false`). `many` collects a list, which is
-- empty when the option isn't given. `choices` lists what the value may be, `integer` asks for
-- one, from `least` to `most` where these are there. `default` is for options that aren't given;
-- `setting` is which one of the configuration counts then, for the help. `implied` is for one that
-- is given without a value: the next word isn't taken for it. The key in the result is `long` with
-- "_".
--
-- (argparse can't stop at the first argument, which `run` and `exec` need, and takes longer to
-- load than `lamina version` may take.)
local check = require "lamina.util.check"
local failure = require "lamina.util.failure"

local option = {}

function option.key(row)
  return (row.long:gsub("-", "_"))
end

local function usage(message, hint)
  failure.raise("usage", message, { hint = hint })
end

local function index(rows)
  local by_word, words = {}, {}
  for _, row in ipairs(rows) do
    by_word["--" .. row.long] = row
    words[#words + 1] = row.long
    if row.short then by_word["-" .. row.short] = row end
  end
  return by_word, words
end

local function unknown(word, words)
  local near = check.suggest(word:gsub("^%-+", ""), words)
  usage(("unknown option '%s'"):format(word), near and ("did you mean '--%s'?"):format(near))
end

--- The number that a word is: digits alone, and no more than an integer holds; nil for others.
function option.number(word)
  return word:match("^%d+$") and math.tointeger(tonumber(word))
end

local function number(row, word, value)
  local whole = option.number(value)
  if whole and whole >= (row.least or whole) and whole <= (row.most or whole) then return whole end
  local range = row.most and (" from %d to %d"):format(row.least or 0, row.most)
    or row.least and (" from %d on"):format(row.least) or ""
  usage(("option '%s' needs a whole number%s, not '%s'"):format(word, range, value))
end

--- The value of a flag or an option, checked.
local function convert(row, word, value)
  if not row.value then
    if value == nil then return true end
    if check.booleans[value] ~= nil then return check.booleans[value] end
    usage(("option '%s' is true or false, not '%s'"):format(word, value))
  end
  if row.integer then return number(row, word, value) end
  for _, choice in ipairs(row.choices or {}) do
    if choice == value then return value end
  end
  if not row.choices then return value end
  usage(("option '%s' can't be '%s'"):format(word, value),
    "it is one of " .. table.concat(row.choices, ", "))
end

local Parser = {}
Parser.__index = Parser

function Parser:set(row, word, value)
  local key = option.key(row)
  if row.value and value == nil then value = row.implied end
  if row.value and value == nil then
    value = self.words[self.at]
    self.at = self.at + 1
    if value == nil then usage(("option '%s' needs a value: %s"):format(word, row.value)) end
  end
  value = convert(row, word, value)
  if row.many then
    table.insert(self.options[key], value)
  else
    self.options[key] = value
  end
end

function Parser:long(word)
  local name, value = word:match("^(%-%-[^=]+)=(.*)$")
  local row = self.by_word[name or word] or unknown(name or word, self.long_words)
  self:set(row, name or word, value)
end

--- "-it", "-fFILE", "-f=FILE", "-f FILE".
function Parser:cluster(word)
  local at = 2
  while at <= #word do
    local short = "-" .. word:sub(at, at)
    local row = self.by_word[short] or unknown(short, self.long_words)
    at = at + 1
    local rest = word:sub(at)
    if rest:sub(1, 1) == "=" then return self:set(row, short, rest:sub(2)) end
    if row.value then return self:set(row, short, rest ~= "" and rest or nil) end
    self:set(row, short)
  end
end

function Parser:run(stops_early)
  while self.at <= #self.words do
    local word = self.words[self.at]
    self.at = self.at + 1
    if word == "--" then break end
    if word:sub(1, 1) ~= "-" or word == "-" then
      table.insert(self.arguments, word)
      if stops_early then break end
    elseif word:sub(1, 2) == "--" then
      self:long(word)
    else
      self:cluster(word)
    end
  end
  table.move(self.words, self.at, #self.words, #self.arguments + 1, self.arguments)
end

--- Reads a list of words by the rows; `stops_early` takes all behind the first argument as
-- arguments. Answers the options by key and the list of arguments; raises usage failures.
function option.parse(rows, words, stops_early)
  local by_word, long_words = index(rows)
  local self = setmetatable({ by_word = by_word, long_words = long_words, words = words, at = 1,
    options = {}, arguments = {} }, Parser)
  for _, row in ipairs(rows) do
    self.options[option.key(row)] = row.many and {} or row.default
  end
  self:run(stops_early)
  return self.options, self.arguments
end

--- Checks how many arguments there are against rows { name=, optional=, many= }. Completion reads
-- more of them: `kind`, or `choices`, the words that there are.
function option.check_arguments(rows, arguments)
  local needed, most = 0, #rows
  for _, row in ipairs(rows) do
    if not row.optional then needed = needed + 1 end
    if row.many then most = math.huge end
  end
  if #arguments < needed then
    usage(("argument missing: %s"):format(rows[#arguments + 1].name))
  elseif #arguments > most then
    usage(("unexpected argument '%s'"):format(arguments[most + 1]))
  end
end

return option
