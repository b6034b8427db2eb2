--- A stage that writes down what is done to it: each method that is called becomes the Lua source
-- of that call.
--
--   local stage = written.stage(emit, command)
--   stage:copy("a", "/b", { link = true }):env { { "A", "1" } }
--     -> emit ':copy("a", "/b", { link = true })', emit ':env { A = "1" }'
--
-- Arguments are texts, numbers, booleans, tables of these, and written.code "…" for what has a name
-- in the recipe. `command(text)` answers the source of a text for the shell.
local literal = require "lamina.dockerfile.translate.literal"

local written = {}

local Code = {}

--- Source that stands for itself, among a method's arguments.
function written.code(text)
  return setmetatable({ code = text }, Code)
end

-- Options in the order that a person would give them; others come behind, by name.
local rank, count = {}, 0
for name in ([[script from chown chmod checksum link parents keep_git_dir unpack exclude expand
  mounts network security devices interval timeout start_period start_interval retries id source
  sharing readonly required mode uid gid size env json heredocs name content]]):gmatch("%S+") do
  count = count + 1
  rank[name] = count
end

local function before(a, b)
  local left, right = rank[a] or math.huge, rank[b] or math.huge
  if left ~= right then return left < right end
  return a < b
end

local source_of

--- A table: its list, then its names.
local function table_source(value)
  local values, names, length = {}, nil, #value
  for i = 1, length do values[i] = source_of(value[i]) end
  for key in pairs(value) do
    if type(key) == "string" then
      names = names or {}
      names[#names + 1] = key
    end
  end
  if not names then return { values = values } end
  table.sort(names, before)
  local keys = {}
  for i, name in ipairs(names) do
    keys[length + i], values[length + i] = name, source_of(value[name])
  end
  return { keys = keys, values = values }
end

function source_of(value)
  if type(value) == "string" then return literal.text(value) end
  if type(value) ~= "table" then return { code = tostring(value) } end
  return getmetatable(value) == Code and value or table_source(value)
end

--- A call of a function of the recipe's, as what it answers: cache("/c", { id = "x" }).
function written.call(name, ...)
  local sources = { ... }
  for i, value in ipairs(sources) do sources[i] = source_of(value) end
  return written.code(literal.call(name, sources, 6))
end

--- Names and values: as a table where its order is the order of the names, else as pairs.
local function pairs_source(list)
  local keys, values, last = {}, {}, nil
  for i, pair in ipairs(list) do
    local name = pair[1]
    if last and name <= last then return table_source(list) end
    keys[i], values[i], last = name, literal.text(pair[2]), name
  end
  return { keys = keys, values = values }
end

local has_pairs = { env = true, label = true }

--- The source of a method's first argument.
local function first_source(method, value, command)
  if method == "run" and type(value) == "string" then return command(value) end
  return has_pairs[method] and pairs_source(value) or source_of(value)
end

--- See the head of this file.
function written.stage(emit, command)
  local Written = {}
  function Written.__index(self, method)
    local head = ":" .. method
    local function write(stage, first, ...)
      local sources = { first_source(method, first, command), ... }
      for i = 2, #sources do sources[i] = source_of(sources[i]) end
      emit(literal.call(head, sources, 2))
      return stage
    end
    rawset(self, method, write)
    return write
  end
  return setmetatable({}, Written)
end

return written
