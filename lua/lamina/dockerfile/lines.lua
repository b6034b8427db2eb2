--- The physical lines of a Dockerfile, one after the other, with their numbers (DF-01).
--
--   local reader = lines.reader(text, fail)
--   reader:next()      -> the line without its end, nil at the end of the file
--   reader.line        -> the number of the line that next() answered
--   reader.from        -> where in the text it begins, so that many lines can be cut at once
--
-- `fail(line, message, hint)` raises. The text may be anything: it is checked here, once.
local lines = {}

lines.limit = 1024 * 1024 -- bytes that a Dockerfile may have unless the caller says otherwise

local Reader = {}
Reader.__index = Reader

local function count_lines(text, last)
  local _, count = text:sub(1, last):gsub("\n", "")
  return count + 1
end

local marks = { ["\255\254"] = "UTF-16", ["\254\255"] = "UTF-16" }

local function check(text, limit, fail)
  if #text > limit then
    fail(nil, ("the file is larger than %d bytes"):format(limit))
  end
  if marks[text:sub(1, 2)] then
    fail(1, "the text is UTF-16", "a Dockerfile is UTF-8: save it as that")
  end
  local zero = text:find("\0", 1, true)
  if zero then fail(count_lines(text, zero), "there is a zero byte in the text") end
end

--- A reader of a text; a byte-order mark before the first line is none of it (SEMANTICS 5).
function lines.reader(text, fail, limit)
  check(text, limit or lines.limit, fail)
  return setmetatable({
    text = text, at = text:sub(1, 3) == "\239\187\191" and 4 or 1, line = 0,
    is_clean = utf8.len(text) ~= nil, has_returns = text:find("\r", 1, true) ~= nil,
  }, Reader)
end

function Reader:next()
  local text, from = self.text, self.at
  if from > #text then return nil end
  local stop = text:find("\n", from, true) or #text + 1
  self.from, self.at, self.line = from, stop + 1, self.line + 1
  local last = stop - 1
  if self.has_returns then
    while last >= from and text:byte(last) == 13 do last = last - 1 end
  end
  return text:sub(from, last)
end

-- What Unicode calls white space beyond ASCII.
local wide = {
  ["\194\133"] = true, ["\194\160"] = true, ["\225\154\128"] = true, ["\227\128\128"] = true,
  ["\226\128\168"] = true, ["\226\128\169"] = true, ["\226\128\175"] = true,
  ["\226\129\159"] = true,
}
for last = 0x80, 0x8A do wide["\226\128" .. string.char(last)] = true end

--- A text without the blanks at its beginning.
function lines.trim_left(text)
  local byte = text:byte() or 0
  if byte > 32 and byte < 0x80 then return text end
  local at = text:find("%S") or #text + 1
  while (text:byte(at) or 0) >= 0x80 do
    local width = wide[text:sub(at, at + 1)] and 2 or wide[text:sub(at, at + 2)] and 3
    if not width then break end
    at = text:find("%S", at + width) or #text + 1
  end
  return at > 1 and text:sub(at) or text
end

--- A text without the blanks at its end; in time linear in its length.
function lines.trim_right(text)
  local last = #text
  if (text:byte(last) or 0) > 32 then return text end
  while last > 0 and text:find("^%s", last) do last = last - 1 end
  return last < #text and text:sub(1, last) or text
end

--- Whether a line goes on in the next one, and what is left of it without the escape character.
-- Blanks may follow the escape; one that is escaped itself is text (SEMANTICS 1).
function lines.continued(line, escape)
  local last = #line
  local byte = line:byte(last) or 0
  if byte > 32 and byte ~= escape then return false, line end
  while byte == 32 or byte == 9 do
    last = last - 1
    byte = line:byte(last)
  end
  if byte ~= escape or (last > 1 and line:byte(last - 1) == escape) then return false, line end
  return true, line:sub(1, last - 1)
end

--- Text that is not UTF-8 made so: what is wrong becomes U+FFFD.
function lines.repaired(text)
  local out, at = {}, 1
  while at <= #text do
    local good, wrong = utf8.len(text, at)
    local last = good and #text or wrong - 1
    out[#out + 1] = text:sub(at, last)
    if not good then out[#out + 1] = "\239\191\189" end
    at = last + 2
  end
  return table.concat(out)
end

return lines
