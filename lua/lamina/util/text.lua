--- Text for people: sizes, ages, times, quoting, and control bytes made visible.
local text = {}

local units = { "B", "kB", "MB", "GB", "TB", "PB", "EB" }

--- Docker's sizes: thousands, three significant digits ("117MB", "1.23kB", "0B").
function text.size(bytes)
  local unit = 1
  local number = bytes
  while unit < #units and tonumber(("%.3g"):format(number)) >= 1000 do
    number, unit = number / 1000, unit + 1
  end
  return ("%.3g%s"):format(number, units[unit])
end

--- How long, in Docker's words ("About a minute", "3 days").
function text.duration(seconds)
  local minutes, hours = seconds // 60, math.floor(seconds / 3600 + 0.5)
  if seconds < 1 then return "Less than a second" end
  if seconds < 2 then return "1 second" end
  if seconds < 60 then return ("%d seconds"):format(seconds // 1) end
  if minutes < 2 then return "About a minute" end
  if minutes < 60 then return ("%d minutes"):format(minutes) end
  if hours == 1 then return "About an hour" end
  if hours < 48 then return ("%d hours"):format(hours) end
  if hours < 24 * 14 then return ("%d days"):format(hours // 24) end
  if hours < 24 * 60 then return ("%d weeks"):format(hours // (24 * 7)) end
  if hours < 24 * 365 * 2 then return ("%d months"):format(hours // (24 * 30)) end
  return ("%d years"):format(hours // (24 * 365))
end

--- The age of something made so many seconds ago.
function text.age(seconds)
  return text.duration(seconds) .. " ago"
end

--- A word as a POSIX shell takes it back; left as it is where nothing needs quoting.
function text.quote(word)
  if word:find("^[%w_@%%+=:,./-]+$") then return word end
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

--- The beginning of a text and "…" where it has more than so many characters.
function text.shorten(s, most)
  local length = utf8.len(s)
  if (length or #s) <= most then return s end
  return s:sub(1, length and utf8.offset(s, most) - 1 or most - 1) .. "…"
end

local named = { ["\n"] = "\\n", ["\t"] = "\\t", ["\r"] = "\\r" }

local function visible(byte)
  return named[byte] or ("\\x%02x"):format(byte:byte())
end

--- Code points a terminal acts on or that turn the order of a line: C1 controls, bidi, breaks.
local function is_unsafe(code)
  return code <= 0x9F or code == 0x61C or code == 0xFEFF or (code >= 0x200E and code <= 0x200F)
    or (code >= 0x2028 and code <= 0x202E) or (code >= 0x2066 and code <= 0x2069)
end

--- The characters of a text as a list; each byte that isn't UTF-8 is one.
function text.characters(s)
  local list, at = {}, 1
  if utf8.len(s) then
    for char in s:gmatch(utf8.charpattern) do list[#list + 1] = char end
    return list
  end
  while at <= #s do
    local width = utf8.len(s, at, at) and #utf8.char(utf8.codepoint(s, at)) or 1
    list[#list + 1] = s:sub(at, at + width - 1)
    at = at + width
  end
  return list
end

--- Bytes above 7 bit: kept where they are UTF-8 without a meaning to the terminal.
local function high_bytes(run)
  local list = text.characters(run)
  for i, char in ipairs(list) do
    if #char == 1 or is_unsafe(utf8.codepoint(char)) then list[i] = char:gsub(".", visible) end
  end
  return table.concat(list)
end

-- What control bytes become, by the bytes that may pass: a table is many times quicker than a call
-- for each, and a step may write a gigabyte of them.
local replacements = {}

local function replacements_for(keep)
  if not replacements[keep] then
    local map = {}
    for code = 0, 127 do
      local byte = string.char(code)
      if byte:find("%c") and not keep:find(byte, 1, true) then map[byte] = visible(byte) end
    end
    replacements[keep] = map
  end
  return replacements[keep]
end

--- Makes control bytes and wrong UTF-8 visible (SEC-02). `keep` lists bytes that may pass: "\n\t".
function text.escape(s, keep)
  if not s:find("[%z\1-\31\127-\255]") then return s end
  s = s:gsub("[%z\1-\31\127]", replacements_for(keep or ""))
  return (s:gsub("[\128-\255]+", high_bytes))
end

local function json_escape(character)
  local code = utf8.codepoint(character)
  return is_unsafe(code) and ("\\u%04X"):format(code) or nil
end

--- JSON that says the same, with nothing in it that a terminal acts on (SEC-02). What encodes it
-- escapes the bytes below 32 alone.
function text.escape_json(encoded)
  if not encoded:find("[\127-\255]") then return encoded end
  return (encoded:gsub("\127", "\\u007F"):gsub("[\194-\244][\128-\191]+", json_escape))
end

--- Seconds since the epoch as RFC 3339 in UTC, with as many decimals as are needed.
function text.rfc3339(seconds, nanoseconds)
  local fraction = ""
  if (nanoseconds or 0) > 0 then fraction = ((".%09d"):format(nanoseconds):gsub("0+$", "")) end
  return os.date("!%Y-%m-%dT%H:%M:%S", seconds) .. fraction .. "Z"
end

--- Days since 1970-01-01 of a date in the Gregorian calendar.
local function days(year, month, day)
  if month <= 2 then year, month = year - 1, month + 12 end
  local leaps = year // 4 - year // 100 + year // 400
  return 365 * year + leaps + (153 * month - 457) // 5 + day - 719469
end

local month_days = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

local function in_range(month, day, hour, minute, second)
  return month >= 1 and month <= 12 and day >= 1 and day <= month_days[month]
    and hour <= 23 and minute <= 59 and second <= 60
end

--- Minutes east of UTC: "Z" or "+02:00"; nil if it is neither.
local function zone_minutes(zone)
  if zone == "Z" or zone == "z" then return 0 end
  local sign, hours, minutes = zone:match("^([+-])(%d%d):(%d%d)$")
  if not sign then return nil end
  return (sign == "-" and -1 or 1) * (math.tointeger(hours) * 60 + math.tointeger(minutes))
end

--- An RFC 3339 time as seconds, nanoseconds; nil, err when it is none.
function text.parse_time(s)
  local year, month, day, hour, minute, second, fraction, zone =
    s:match("^(%d%d%d%d)-(%d%d)-(%d%d)[Tt ](%d%d):(%d%d):(%d%d)(%.?%d*)([Zz+-].*)$")
  local offset = zone and zone_minutes(zone)
  if not offset or (fraction ~= "" and not fraction:find("^%.%d")) then
    return nil, "not a time as 2006-01-02T15:04:05Z"
  end
  local function number(digits) return math.tointeger(tonumber(digits, 10)) end
  month, day, hour, minute, second =
    number(month), number(day), number(hour), number(minute), number(second)
  if not in_range(month, day, hour, minute, second) then return nil, "no such time" end
  local nanoseconds = number((fraction:sub(2) .. "000000000"):sub(1, 9))
  return days(number(year), month, day) * 86400 + hour * 3600 + (minute - offset) * 60 + second,
    nanoseconds
end

return text
