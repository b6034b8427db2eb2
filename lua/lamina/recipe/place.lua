--- Where in a recipe something happens, and how a mistake there is told.
--
-- A chain of method calls over many lines is one call of its first line to Lua 5.4.4. The line of
-- a method's own name is known only while the method is looked up, so `stage` asks here then.
local place = {}

local sources = {}   -- chunk name -> { name = as shown, lines = its lines -> the lines to tell }
local current        -- the place of the call that is at work
local pinned         -- where the instruction is used that is at work
local main           -- the recipe itself: to blame where nothing nearer is known

local Problem = { __name = "lamina.problem", __metatable = false }

function Problem:__tostring()
  if not self.file then return self.message end
  return ("%s:%s: %s"):format(self.file, self.line or "?", self.message)
end

--- Declares a chunk of the recipe. `lines` translates its line numbers, when they aren't what its
-- author wrote.
function place.source(chunk, name, lines)
  sources[chunk] = { name = name, lines = lines }
  main = main or { file = name }
end

--- Calls a function for a place that is no line of a recipe: what goes on in it is there, as far
-- as it isn't in another file of the recipe's.
function place.at(_, fn, ...)
  local result = fn(...) -- no tail call: `here` looks for this very call
  return result
end

--- The innermost place in the recipe on the stack: { file =, line = }, or nil.
function place.here()
  local level = 2
  while true do
    local info = debug.getinfo(level, "Slf")
    if not info then return nil end
    if info.func == place.at then return (select(2, debug.getlocal(level, 1))) end
    local source = sources[info.source]
    if source then
      local line = source.lines and source.lines[info.currentline] or info.currentline
      return { file = source.name, line = line }
    end
    level = level + 1
  end
end

--- The line of a file's own chunk that is at work, however far its calls have led; nil where it
-- isn't on the stack.
function place.line_of(name)
  local level, line = 2, nil
  while true do
    local info = debug.getinfo(level, "Sl")
    if not info then return line end
    local source = info.what == "main" and sources[info.source]
    if source and source.name == name then line = info.currentline end
    level = level + 1
  end
end

--- Says whose mistakes are blamed from here on.
function place.enter(where)
  current = where or place.here()
  return current
end

function place.current()
  return current
end

--- Raises a mistake of the recipe's at the place of the call that is at work.
function place.blame(message, hint)
  error(place.problem(message, hint), 0)
end

--- A mistake at the place of the call that is at work, not raised yet.
function place.problem(message, hint)
  local where = current or main or {}
  return setmetatable({ message = message, hint = hint, file = where.file, line = where.line },
    Problem)
end

--- Raises that something of an image's is needed, which the caller may know.
function place.needs(ref, message, hint)
  local problem = place.problem(message, hint)
  problem.needs = ref
  error(problem, 0)
end

--- Raises that something is known only when a later build runs.
function place.late(message, hint)
  local problem = place.problem(message, hint)
  problem.is_late = true
  error(problem, 0)
end

--- Whether an error says that.
function place.is_late(value)
  return place.is_problem(value) and value.is_late == true
end

--- A problem with one more hint.
function place.used(problem, text)
  local hints = type(problem.hint) == "table" and problem.hint or { problem.hint }
  return setmetatable({ message = problem.message, file = problem.file, line = problem.line,
    hint = table.move(hints, 1, #hints, 1, { [#hints + 1] = text }) }, Problem)
end

--- Says that an instruction is at work, and where it is used; answers what was said before. What it
-- makes belongs to that place.
function place.pin(where)
  local before = pinned
  pinned = where
  return before
end

function place.pinned()
  return pinned
end

function place.is_problem(value)
  return rawequal(debug.getmetatable(value), Problem)
end

--- A runtime error's text without the position that Lua puts before it.
local function without_position(message)
  return (message:gsub("^[^\n]-:%d+: ", "", 1))
end

local longest = 4096

--- What an error of any kind means to the caller of the recipe: { message =, hint =, file =,
-- line = }. It is a message handler, run where the stack still stands; but Lua calls none when
-- memory or the stack is used up.
function place.explain(err)
  if place.is_problem(err) then return err end
  local where = place.here() or main or {}
  local message = ("the recipe raised a %s"):format(type(err))
  if type(err) == "string" then message = without_position(err):sub(1, longest) end
  return setmetatable({ message = message, file = where.file, line = where.line }, Problem)
end

--- What a text that doesn't compile is told as.
function place.syntax(message, name, lines)
  local line, why = message:match("^[^\n]-:(%d+): (.*)$")
  line = math.tointeger(tonumber(line))
  return setmetatable({ message = (why or message):sub(1, longest), file = name,
    line = line and (lines and lines[line] or line) or 1 }, Problem)
end

return place
