--- .dockerignore: which paths of a context are left out (SEMANTICS 59, 60).
--
--   local patterns = ignore.parse(text, ".dockerignore")
--   local verdict = ignore.matcher(patterns)
--   verdict("a/b", false)    -> "keep" | "skip" | "prune"
--
-- The last pattern that matches a path, or a directory above it, decides; `!` takes back in. A
-- directory that is left out is pruned unless a `!` could take back something in it. A pattern is
-- anchored at the root; `**` stands for any number of directories.
--
-- What was found out for a directory is kept while paths below it are asked for, so that a walk
-- costs one name a path, and only patterns that can still match are tried.
local crossing = require "lamina.dockerfile.ignore.crossing"
local expression = require "lamina.dockerfile.ignore.expression"
local failure = require "lamina.util.failure"
local lines = require "lamina.dockerfile.lines"
local name = require "lamina.dockerfile.ignore.name"
local parts = require "lamina.dockerfile.ignore.parts"
local path = require "lamina.util.path"
local regular = require "lamina.dockerfile.ignore.regular"
local texts = require "lamina.util.text"

local ignore = {}

--- Whether `**` is a piece of a part, and not one of its own.
local function crosses(text)
  for part in text:gmatch("[^/]+") do
    if part ~= "**" and part:find("**", 1, true) then return true end
  end
  return false
end

--- What matches a cleaned pattern: the first of three that can.
local function matcher_of(text)
  name.compile(text) -- refuses what is no pattern
  local list = expression.of(text)
  if not list then return (crosses(text) and crossing or parts).new(text) end
  local ok, result = pcall(regular.new, list)
  if ok then return result end
  error(failure.wrap(result, ("pattern '%s'"):format(text:sub(1, 200))), 0)
end

--- One line as a pattern { text, negated, matcher }, nil for what is none.
local function parse_line(line)
  local negated = line:sub(1, 1) == "!"
  local text = line:match("^!?%s*(.*)$")
  if text == "" then
    if negated then failure.raise("invalid-input", "'!' alone excludes nothing") end
    return nil
  end
  text = path.clean(text)
  if #text > 1 then text = text:gsub("^/", "") end
  if text == "." or text == "/" then return nil end -- Docker's has never excluded everything
  return { text = text, negated = negated, matcher = matcher_of(text) }
end

--- The same; what is wrong with it is told with the file's name, if it has one, and the line.
local function parse_numbered(line, number, file)
  local ok, pattern = pcall(parse_line, line)
  if ok then return pattern end
  if not failure.is(pattern) or not file then error(pattern, 0) end
  failure.raise(pattern.kind, pattern.message, { file = file, line = number, hint = pattern.hint })
end

--- Reads an ignore file: comments, blank lines and a byte-order mark mean nothing. `file` is its
-- name for messages, nil where the patterns are in none.
function ignore.parse(text, file)
  local patterns, number = {}, 0
  text = text:gsub("^\239\187\191", "")
  for line in (text .. "\n"):gmatch("(.-)\r?\n") do
    number = number + 1
    if line:sub(1, 1) ~= "#" then
      line = lines.trim_right(line):match("^%s*(.*)$")
      if line ~= "" then patterns[#patterns + 1] = parse_numbered(line, number, file) end
    end
  end
  return patterns
end

--- What is known before the first name. Patterns that begin with a name are found by it.
local function root_of(patterns)
  local root = { others = {}, by_name = {}, matched = {}, excluded = false, is_root = true }
  for i, pattern in ipairs(patterns) do
    local matcher = pattern.matcher
    local entry = { index = i, negated = pattern.negated, matcher = matcher,
      states = matcher:start() }
    local list = root.others
    if matcher.literal then
      list = root.by_name[matcher.literal] or {}
      root.by_name[matcher.literal] = list
    end
    list[#list + 1] = entry
  end
  return root
end

local function by_index(a, b) return a.index < b.index end

--- The entries that may match a name below a directory.
local function candidates(above, text)
  local named = above.by_name and above.by_name[text]
  if not named then return above.others end
  local all = table.move(named, 1, #named, 1, {})
  table.move(above.others, 1, #above.others, #all + 1, all)
  table.sort(all, by_index)
  return all
end

--- Goes through what matches in the order of the file. What a pattern says that would change
-- nothing isn't heard, not even for what lies below (as in the reference).
local function decide(above, found)
  if #found == 0 then return above.excluded, above.matched end
  local excluded, matched, from_above = false, {}, {}
  for _, entry in ipairs(above.matched) do from_above[entry.index] = true end
  local all = table.move(above.matched, 1, #above.matched, 1, {})
  for _, entry in ipairs(found) do
    if not from_above[entry.index] then all[#all + 1] = entry end
  end
  table.sort(all, by_index)
  for _, entry in ipairs(all) do
    if from_above[entry.index] or entry.negated == excluded then
      matched[#matched + 1] = entry
      excluded = not entry.negated
    end
  end
  return excluded, matched
end

--- What is known behind a name below a directory.
local function below(above, text)
  local others, found, last_return = {}, {}, 0
  local entries = candidates(above, text)
  local characters = entries[1] and texts.characters(text)
  for _, entry in ipairs(entries) do
    local states, matches = entry.matcher:advance(entry.states, text, characters, above.is_root)
    if matches then found[#found + 1] = entry end
    if states then
      if entry.negated then last_return = math.max(last_return, entry.index) end
      others[#others + 1] = { index = entry.index, negated = entry.negated,
        matcher = entry.matcher, states = states }
    end
  end
  local excluded, matched = decide(above, found)
  -- what leaves a directory out also leaves out what a pattern before it takes back in there
  local can_return = excluded and last_return > matched[#matched].index
  return { others = others, matched = matched, excluded = excluded, can_return = can_return,
    name = text }
end

--- A function(path, is_dir) for paths below the root, written with "/".
function ignore.matcher(patterns)
  local chain = { [0] = root_of(patterns) } -- what is known of the last path and those above it
  return function(text, is_dir)
    local depth = 0
    for part in text:gmatch("[^/]+") do
      depth = depth + 1
      local known = chain[depth]
      if not known or known.name ~= part then
        for i = #chain, depth, -1 do chain[i] = nil end
        chain[depth] = below(chain[depth - 1], part)
      end
    end
    local here = chain[depth]
    if not here.excluded then return "keep" end
    return is_dir and not here.can_return and "prune" or "skip"
  end
end

return ignore
