--- What steps write, kept whole: a file of logs/ for each, named by its digest.
--
--   local writer <close> = store.logs:writer()
--   writer:add("stdout", "a line", true)      -- false: no newline came behind it (yet)
--   local name = writer:finish()              -- nil when nothing was written; may wait in a task
--   store.logs:each(name, function(entry) … end)   -- { stream=, seconds=, line=, is_whole= }
--
-- A line of the file is a letter (o stdout, e stderr, n a note of ours; capital: no newline came
-- behind the text), the seconds since the beginning, and the text.
local config = require "lamina.config.config"
local digest = require "lamina.core.digest"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local sched = require "lamina.util.sched"
local text = require "lamina.util.text"

local log = {}

local buffer_bytes = 32 * 1024

local Logs = {}
Logs.__index = Logs

local Writer = {}
Writer.__index = Writer

function log.new(store)
  return setmetatable({ store = store, dir = store.root .. "/logs" }, Logs)
end

function Logs:path(name)
  return self.dir .. "/" .. name
end

function Logs:has(name)
  local entry = fs.stat(self:path(name), { follow = false })
  return entry ~= nil and entry.type == "file"
end

--- A log to write, of at most so many bytes as a step may write by way of its output (ESC-11). Its
-- file is made with the first line: most steps say nothing.
function Logs:writer()
  return setmetatable({ logs = self, began = sched.now(), buffered = {}, size = 0, total = 0,
    lost = 0, sha = digest.new(), most = config.get "limits.log-size" }, Writer)
end

local function flush(self)
  if #self.buffered == 0 then return end
  if not self.file then
    self.path = self.logs.store:temp("log") .. "/log"
    self.file = failure.check(fs.open(self.path, "w"))
  end
  local bytes = table.concat(self.buffered)
  self.buffered, self.size = {}, 0
  self.sha:update(bytes)
  failure.check(self.file:write(bytes))
end

local letters = { stdout = "o", stderr = "e", note = "n" }

--- The seconds since the beginning as text. Many lines come in one millisecond.
local function stamp(self)
  local ms = (sched.now() - self.began) * 1000 // 1
  if ms ~= self.stamped then self.stamped, self.stamp = ms, ("%.3f"):format(ms / 1000) end
  return self.stamp
end

local function put(self, stream, line, is_whole)
  local letter = letters[stream]
  local row = (is_whole and letter or letter:upper()) .. " " .. stamp(self) .. " " .. line .. "\n"
  self.buffered[#self.buffered + 1] = row
  self.size, self.total = self.size + #row, self.total + #row
  if self.size >= buffer_bytes then flush(self) end
end

--- Adds what was written; over the limit it is only counted.
function Writer:add(stream, line, is_whole)
  if self.lost > 0 or self.total + #line > self.most then
    self.lost = self.lost + #line + (is_whole and 1 or 0)
  else
    put(self, stream, line, is_whole)
  end
end

--- Gives the log its name, which is answered and leased; nil when it is empty. A task that is being
-- cancelled can't wait for the collector: with `at_once` the log is given up where that is at work.
function Writer:finish(at_once)
  if self.lost > 0 then
    put(self, "note", ("the log of a step ends after %s: %d bytes more weren't kept"):format(
      text.size(self.most), self.lost), true)
    self.lost = 0
  end
  flush(self)
  if not self.file then return nil end
  self.file:close()
  self.file = nil
  local store, name = self.logs.store, self.sha:hex()
  local held <close> = at_once and fs.lock(store.root .. "/gc.lock", "shared", { wait = false })
    or not at_once and store:hold() or nil
  if not held then return nil end
  store:lease("log", name)
  failure.check(fs.rename(self.path, self.logs:path(name)))
  return name
end

--- What wasn't finished goes with the process' folder.
function Writer:close()
  if self.file then self.file:close() end
  self.file, self.buffered = nil, {}
end

Writer.__close = Writer.close

local streams = { o = "stdout", e = "stderr", n = "note" }

local function entry_of(row)
  local letter, seconds, line = row:match("^(%a) ([%d.]+) (.*)$")
  local stream = letter and streams[letter:lower()]
  if not stream then return { stream = "note", seconds = 0, line = row, is_whole = true } end
  return { stream = stream, seconds = tonumber(seconds), line = line,
    is_whole = letter == letter:lower() }
end

--- Calls fn with each entry of a log. Raises a failure "not-found" for one that is gone.
function Logs:each(name, fn)
  local file <close>, err = fs.open(self:path(name), "r", { follow = false })
  if not file then
    failure.raise("not-found", "the log isn't there any more: " .. err.message)
  end
  local rest = ""
  while true do
    local bytes = failure.check(file:read(buffer_bytes * 4))
    if bytes == "" then break end
    rest = rest .. bytes
    local at, newline = 1, rest:find("\n", 1, true)
    while newline do
      fn(entry_of(rest:sub(at, newline - 1)))
      at = newline + 1
      newline = rest:find("\n", at, true)
    end
    rest = rest:sub(at)
  end
end

return log
