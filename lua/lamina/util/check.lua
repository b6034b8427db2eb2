--- Arguments are checked where they come in; the caller's line is blamed.
--
-- `level` counts like `error`'s, seen from the function that calls check: 1 is that function,
-- 2 (the default) its caller, and so on.
local check = {}

--- What true and false are called on command lines and in variables.
check.booleans = { ["true"] = true, ["1"] = true, ["false"] = false, ["0"] = false }

--- What they are called in Dockerfiles: the words of Go's strconv.ParseBool.
check.go_booleans = { ["1"] = true, t = true, T = true, ["true"] = true, TRUE = true, True = true,
  ["0"] = false, f = false, F = false, ["false"] = false, FALSE = false, False = false }

-- Longer words are compared with nothing: they may come from outside, and cost length squared.
local longest = 256

--- Damerau-Levenshtein distance (adjacent swaps count once), by bytes.
local function distance(a, b)
  local before, last, row = {}, {}, {}
  for j = 0, #b do row[j] = j end
  for i = 1, #a do
    before, last, row = last, row, before
    row[0] = i
    for j = 1, #b do
      local same = a:byte(i) == b:byte(j)
      row[j] = math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (same and 0 or 1))
      if i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
        row[j] = math.min(row[j], before[j - 2] + 1)
      end
    end
  end
  return row[#b]
end

--- The name nearest to a word: at most 2 edits away (1 for three letters), or a third of its
-- length; nil if none is. A name that the word is the beginning of counts as near.
function check.suggest(word, names)
  local limit = math.min(#word > 3 and math.max(2, #word // 3) or 1, #word - 1)
  if #word > longest or #word == 0 then return nil end
  local best, best_distance = nil, limit + 1
  for _, name in ipairs(names) do
    local far = best_distance
    if math.abs(#name - #word) <= limit then far = distance(word, name) end
    if #word > 2 and name:sub(1, #word) == word then far = math.min(far, 1) end
    if far < best_distance then best, best_distance = name, far end
  end
  return best
end

local function has_type(value, expected)
  local actual = math.type(value) == "integer" and "integer" or type(value)
  for one in expected:gmatch("[^|]+") do
    if one == "any" or one == type(value) or one == actual then return true end
  end
  return false
end

--- Raises unless the value has the type: "string", "integer", "string|table", "any".
function check.type(value, expected, what, level)
  if has_type(value, expected) then return value end
  error(("%s: %s expected, got %s"):format(what, expected:gsub("|", " or "), type(value)),
    (level or 2) + 1)
end

--- The keys of a table in their order.
function check.sorted_keys(map)
  local keys = {}
  for key in pairs(map) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

--- Says which of the names was meant with a word, or which there are.
function check.hint(word, names)
  local near = type(word) == "string" and check.suggest(word, names)
  return near and ("did you mean '%s'?"):format(near) or "known are " .. table.concat(names, ", ")
end

local function unknown(key, known, what)
  return ("%s: unknown option '%s' (%s)"):format(what, tostring(key),
    check.hint(key, check.sorted_keys(known)))
end

--- Checks a table of options against `{ key = type }`; nil counts as no options.
function check.options(options, known, what, level)
  level = (level or 2) + 1
  if options == nil then return {} end
  check.type(options, "table", what, level)
  for key, value in pairs(options) do
    if not known[key] then error(unknown(key, known, what), level) end
    check.type(value, known[key], ("%s: option '%s'"):format(what, key), level)
  end
  return options
end

return check
