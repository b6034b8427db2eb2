--- Heredocs: `<<NAME` on a line, its text on the next ones (SEMANTICS 13, DF-02).
--
--   heredoc.find("cat <<'EOF' >x")  -> { { name = "EOF", expand = false, strip = false,
--                                         fd = 0, from = 5, to = 11 } }
--
-- A heredoc is a whole word of the line as a shell splits it. A line that a shell could not split
-- (a quote that doesn't end, a broken ${…}) has none.
local heredoc = {}

local deepest = 100

local until_char

--- Behind a double-quoted text that begins before `at`; nil when it doesn't end.
local function double_quoted(text, at, depth)
  while true do
    local stop = text:find('["$\\]', at)
    if not stop then return nil end
    local char = text:sub(stop, stop)
    if char == '"' then return stop + 1 end
    if char == "$" then
      at = heredoc.dollar(text, stop, depth)
      if not at then return nil end
    else
      at = stop + (text:find('^["$\\]', stop + 1) and 2 or 1)
    end
  end
end

--- Behind a `$NAME` or `${…}`; nil when it is broken.
function heredoc.dollar(text, at, depth)
  if text:sub(at + 1, at + 1) ~= "{" then return at + 1 end
  if depth > deepest or text:find("^[{}:]", at + 2) or at + 2 > #text then return nil end
  local _, last = text:find("^%a[%w_]*", at + 2)
  if not last then _, last = text:find("^_[%w_]*", at + 2) end
  if not last then _, last = text:find("^%d+", at + 2) end
  if not last then _, last = text:find("^[@*#?$!-]", at + 2) end
  last = last or at + 1
  local operator = text:sub(last + 1, last + 1)
  if operator == "}" then return last + 2 end
  if operator == ":" then
    operator, last = text:sub(last + 2, last + 2), last + 1
    if operator == "/" then return nil end
  end
  if operator == "/" then
    local behind = until_char(text, last + 2 + (text:find("^/", last + 2) and 1 or 0), "/", depth)
    return behind and until_char(text, behind, "}", depth)
  end
  if not operator:find("^[-+?#%%]$") then return nil end
  return until_char(text, last + 2, "}", depth)
end

--- Behind one quoted part, variable or escaped character at `at`.
local function part(text, at, depth)
  local char = text:sub(at, at)
  if char == "'" then
    local stop = text:find("'", at + 1, true)
    return stop and stop + 1
  elseif char == '"' then
    return double_quoted(text, at + 1, depth)
  elseif char == "$" then
    return heredoc.dollar(text, at, depth)
  end
  return at + 2 -- a backslash and what it quotes
end

function until_char(text, at, stop_char, depth)
  while true do
    local stop = text:find("[" .. stop_char .. "'\"$\\]", at)
    if not stop then return nil end
    if text:sub(stop, stop) == stop_char then return stop + 1 end
    at = part(text, stop, depth + 1)
    if not at then return nil end
  end
end

--- The places of a line's words, { from, to }; nil where a shell couldn't split it.
local function words(text)
  local list, begin, at = {}, nil, 1
  while at <= #text do
    local stop = text:find("[%s'\"$\\<]", at) or #text + 1
    if stop > at then begin = begin or at end
    if text:find("^%s", stop) then
      if begin then list[#list + 1] = { from = begin, to = stop - 1 } end
      begin, at = nil, stop + 1
    elseif stop <= #text then
      begin = begin or stop
      if text:sub(stop, stop) == "<" then
        -- blanks may stand between << and the name
        local _, last = text:find("^<<%-?[ \t]*", stop)
        at = (last or stop) + 1
      else
        at = part(text, stop, 0)
        if not at then return nil end
      end
    else
      at = stop
    end
  end
  if begin then list[#list + 1] = { from = begin, to = #text } end
  return list
end

--- What a double-quoted text holds, and the place behind it.
local function unquoted_double(word, at)
  local out = {}
  while true do
    local stop = word:find('["\\]', at) or #word + 1
    out[#out + 1] = word:sub(at, stop - 1)
    if word:sub(stop, stop) ~= "\\" then return table.concat(out), stop + 1 end
    local char = word:sub(stop + 1, stop + 1)
    out[#out + 1] = char:find('["$\\]') and char or "\\" .. char
    at = stop + 2
  end
end

--- A word without its quotes.
local function unquoted(word)
  local out, at = {}, 1
  while at <= #word do
    local stop = word:find("['\"\\]", at) or #word + 1
    out[#out + 1] = word:sub(at, stop - 1)
    local quote = word:sub(stop, stop)
    if quote == "'" then
      at = word:find("'", stop + 1, true) or #word + 1
      out[#out + 1] = word:sub(stop + 1, at - 1)
      at = at + 1
    elseif quote == '"' then
      out[#out + 1], at = unquoted_double(word, stop + 1)
    else
      out[#out + 1] = word:sub(stop + 1, stop + 1)
      at = stop + 2
    end
  end
  return table.concat(out)
end

--- The heredoc that a text begins, nil unless it is one word and nothing else.
function heredoc.parse(word)
  local fd, dash, rest = word:match("^(%d*)<<(%-?)%s*([^<]*)$")
  if not rest or rest == "" or #(words(rest) or {}) ~= 1 then return nil end
  local name = unquoted(rest)
  if name == "" then return nil end
  return { name = name, expand = name == rest, strip = dash == "-", fd = tonumber(fd) or 0 }
end

--- Every heredoc that a line begins, in order, with the place of its word.
function heredoc.find(text)
  local found = {}
  if not text:find("<<", 1, true) then return found end
  for _, word in ipairs(words(text) or {}) do
    local one = heredoc.parse(text:sub(word.from, word.to))
    if one then
      one.from, one.to = word.from, word.to
      found[#found + 1] = one
    end
  end
  return found
end

--- Reads the text of a heredoc from the lines that follow. `raw` is as it stands in the file,
-- `content` without the tabs that `<<-` takes away. Answers false when its end is missing.
function heredoc.read(one, reader)
  local from = reader.at
  while true do
    local line = reader:next()
    if not line then return false end
    if one.strip then line = line:gsub("^\t+", "") end
    if line == one.name then break end
  end
  one.raw = reader.text:sub(from, reader.from - 1)
  one.content = one.raw
  if one.strip then one.content = ("\n" .. one.raw):gsub("\n\t+", "\n"):sub(2) end
  return true
end

return heredoc
