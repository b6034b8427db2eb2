--- Expected failures as values: what went wrong outside the program, worded for its user.
--
-- A failure is raised with `error` like any Lua value and caught where something can be done
-- about it (the command line, one build step, an extension). Anything else that is raised is
-- a mistake of ours and shown as an internal error.
--
--   kinds: usage invalid-reference not-found name-in-use ambiguous invalid-input step-failed
--          system unsupported corrupt interrupted
--   fields: kind, message ("WHAT: WHY"), status (exit status), hint (text or list), file, line,
--   errno, detail (many lines that belong to it, such as what a failed command wrote)
local failure = {}

-- Set by --debug: failures carry a traceback from where they were raised.
failure.tracing = false

local Failure = { __name = "lamina.failure" }
Failure.__index = Failure

local statuses = { usage = 2, interrupted = 130 }

function Failure:__tostring()
  local place = self.file and self.line and (":" .. self.line) or ""
  return self.file and (self.file .. place .. ": " .. self.message) or self.message
end

local kinds = {
  ["usage"] = true, ["invalid-reference"] = true, ["not-found"] = true, ["name-in-use"] = true,
  ["ambiguous"] = true, ["invalid-input"] = true, ["step-failed"] = true, ["system"] = true,
  ["unsupported"] = true, ["corrupt"] = true, ["interrupted"] = true,
}

--- Makes a failure without raising it; `fields` is copied.
function failure.new(kind, message, fields)
  if not kinds[kind] then error(("unknown kind of failure '%s'"):format(tostring(kind)), 2) end
  if type(message) ~= "string" then error("a failure needs a message", 2) end
  local self = setmetatable({}, Failure)
  for key, value in pairs(fields or {}) do self[key] = value end
  self.kind, self.message = kind, message
  self.status = self.status or statuses[kind] or 1
  return self
end

function failure.raise(kind, message, fields)
  local self = failure.new(kind, message, fields)
  if failure.tracing then self.traceback = debug.traceback("", 2) end
  error(self, 0)
end

--- Whether a value is a failure, and of that kind when one is given.
function failure.is(value, kind)
  return getmetatable(value) == Failure and (kind == nil or value.kind == kind)
end

local more_space = "free some space there; `lamina prune` removes what nothing needs"

-- What may be done about an errno wherever it comes from.
local hints = {
  ENOSPC = more_space, EDQUOT = more_space,
  EROFS = "what is mounted read-only can only be read; another place is given with --root",
  SQLITE_CORRUPT = "`lamina fsck --repair` makes the database again from what is there",
}

local function raise_system(err, name)
  if failure.is(err) then error(err, 0) end
  if type(err) == "table" then
    failure.raise("system", err.message or "unknown error",
      { errno = err.errno, hint = err.hint or hints[err.errno], status = err.status })
  end
  failure.raise("system", tostring(err), { errno = name, hint = hints[name] })
end

--- Passes on what a call answered; turns `nil, err` into a raised failure of kind "system".
-- `nil` alone is an answer too (no row, end of file). Takes luv's `nil, text, name` as well.
function failure.check(value, err, ...)
  if value == nil and err ~= nil then raise_system(err, (...)) end
  return value, err, ...
end

--- The same failure with the step it happened in before its message. Other values pass
-- unchanged: a mistake of ours keeps its traceback.
function failure.wrap(value, step)
  if not failure.is(value) then return value end
  local fields = {}
  for key, field in pairs(value) do fields[key] = field end
  return failure.new(value.kind, step .. ": " .. value.message, fields)
end

return failure
