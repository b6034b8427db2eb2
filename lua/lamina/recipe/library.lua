--- Lua's own functions as a recipe sees them: nothing that reaches the machine, and nothing that
-- differs from run to run (addresses, the order of a table, random seeds).
local library = {}

local rank = { number = 1, string = 2, boolean = 3 }

local function before(a, b)
  local left, right = rank[type(a)] or 4, rank[type(b)] or 4
  if left ~= right then return left < right end
  if left <= 2 then return a < b end
  return left == 3 and a == false and b == true
end

--- The keys of a table in a fixed order: numbers, texts, booleans. What else there may be has no
-- order but the one it came in.
local function sorted_keys(map)
  local keys, others = {}, {}
  for key in next, map do
    local list = rank[type(key)] and keys or others
    list[#list + 1] = key
  end
  table.sort(keys, before)
  return table.move(others, 1, #others, #keys + 1, keys)
end

local function pairs_in_order(map)
  local meta = getmetatable(map)
  if type(meta) == "table" and meta.__pairs then return meta.__pairs(map) end
  if type(map) ~= "table" then
    error(("bad argument #1 to 'pairs' (table expected, got %s)"):format(type(map)), 2)
  end
  local keys, at = sorted_keys(map), 0
  return function()
    local key
    repeat
      at = at + 1
      key = keys[at]
    until key == nil or rawget(map, key) ~= nil
    return key, key ~= nil and rawget(map, key) or nil
  end, map, nil
end

local function next_in_order(map, key)
  local keys = sorted_keys(map)
  if key == nil then return keys[1], keys[1] ~= nil and map[keys[1]] or nil end
  for i, known in ipairs(keys) do
    if known == key then
      local after = keys[i + 1]
      return after, after ~= nil and map[after] or nil
    end
  end
  error("invalid key to 'next'", 2)
end

local has_address = { table = true, ["function"] = true, thread = true, userdata = true }

--- tostring without addresses.
local function text_of(value)
  if not has_address[type(value)] then return tostring(value) end
  local meta = debug.getmetatable(value)
  if type(meta) == "table" and meta.__tostring then return tostring(value) end
  return type(meta) == "table" and type(meta.__name) == "string" and meta.__name or type(value)
end

local function format(pattern, ...)
  local values = table.pack(...)
  if type(pattern) == "string" and pattern:gsub("%%%%", ""):find("%%[%-+ #0%d.]*p") then
    error("string.format: %p isn't there: addresses differ from run to run", 2)
  end
  for i = 1, values.n do
    if has_address[type(values[i])] then values[i] = text_of(values[i]) end
  end
  return string.format(pattern, table.unpack(values, 1, values.n))
end

--- Finalizers run at no certain time, and outside the count of instructions.
local function set_metatable(value, meta)
  if type(meta) == "table" and rawget(meta, "__gc") ~= nil then
    error("setmetatable: __gc isn't there in a recipe", 2)
  end
  return setmetatable(value, meta)
end

local function copy(from, without)
  local to = {}
  for key, value in next, from do
    if not (without or {})[key] then to[key] = value end
  end
  return to
end

--- Adds them to a recipe's environment. `say(text)` is where print goes.
function library.install(env, say)
  for _, name in ipairs { "assert", "error", "getmetatable", "ipairs", "pcall", "rawequal",
    "rawget", "rawlen", "rawset", "select", "tonumber", "type", "xpcall" } do
    env[name] = _G[name]
  end
  env.pairs, env.next, env.tostring = pairs_in_order, next_in_order, text_of
  env.setmetatable, env._VERSION = set_metatable, _VERSION
  env.coroutine, env.table = copy(coroutine), copy(table)
  env.utf8, env.math = copy(utf8), copy(math, { randomseed = true })
  env.string = copy(string, { dump = true })
  env.string.format = format
  math.randomseed(0)
  getmetatable("").__index, getmetatable("").__metatable = env.string, false
  function env.load(chunk, name, _, own)
    if type(chunk) == "function" then
      local parts = {}
      for part in chunk do
        if part == "" then break end
        parts[#parts + 1] = part
      end
      chunk = table.concat(parts)
    end
    return load(chunk, name or "=load", "t", own or env._G)
  end
  function env.print(...)
    local words = table.pack(...)
    for i = 1, words.n do words[i] = text_of(words[i]) end
    say(table.concat(words, "\t"))
  end
end

return library
