--- A program on a real pseudo-terminal, driven as a person would: type, wait for what is shown.
--
--   local session <close> = expect.start("lamina run -it debian bash", { LAMINA_ROOT = root })
--   session:wait_for("# ")
--   session:type("exit\n")
--   assert.equal(0, session:status())
--
-- script(1) makes the terminal and passes the program's exit status on.
local helper = require "support.helper"

local expect = {}

local Session = {}
Session.__index = Session

local function sleep_a_little() os.execute("sleep 0.05") end

--- Starts a shell command line on a terminal of 40 rows and 120 columns.
function expect.start(command, environment)
  local dir = helper.tmpdir()
  local exports = {}
  for name, value in pairs(environment or {}) do
    exports[#exports + 1] = ("export %s=%s; "):format(name, helper.quote(value))
  end
  local inner = ("%sstty rows 40 cols 120; tty >%s/tty; echo $$ >%s/pid; printf '\\001'; "
    .. "exec %s"):format(table.concat(exports), dir, dir, command)
  local line = ("script -qfec %s %s/log >/dev/null 2>&1; echo $? >%s/status"):format(
    helper.quote(inner), dir, dir)
  return setmetatable({ dir = dir, input = assert(io.popen(line, "w")), from = 1 }, Session)
end

--- All that was shown so far, without carriage returns and what script(1) writes itself.
function Session:shown()
  local file = io.open(self.dir .. "/log", "rb")
  if not file then return "" end
  local text = file:read("a")
  file:close()
  return (text:gsub("^[^\1]*\1?", ""):gsub("\r", ""):gsub("\nScript done on [^\n]*\n$", ""))
end

function Session:has_ended()
  local file <close> = io.open(self.dir .. "/status")
  return file ~= nil and file:read("n") ~= nil
end

function Session:type(text)
  self.from = #self:shown() + 1
  self.input:write(text)
  self.input:flush()
end

--- Waits until the plain text shows up after what was typed last; answers what came until then.
function Session:wait_for(text, seconds)
  for _ = 1, (seconds or 60) * 20 do
    local ended = self:has_ended()
    local shown = self:shown()
    local _, last = shown:find(text, self.from, true)
    if last then
      local part = shown:sub(self.from, last)
      self.from = last + 1
      return part
    end
    if ended then break end
    sleep_a_little()
  end
  error(("waited in vain for %q; shown: %s"):format(text, self:shown():sub(-2000)), 2)
end

--- Types a command line at a shell prompt; answers its output (what stands before a mark) and
-- its status.
function Session:command(line, seconds)
  self.marks = (self.marks or 0) + 1
  self:type(("%s; echo mark-''%d-$?\n"):format(line, self.marks))
  local output = self:wait_for(("mark-%d-"):format(self.marks), seconds)
  return output, tonumber(self:wait_for("\n"):match("%d+"))
end

--- Gives the terminal another size, as a window that is dragged does.
function Session:resize(rows, columns)
  local tty = helper.read(self.dir .. "/tty"):match("%S+")
  assert(os.execute(("stty -F %s rows %d cols %d"):format(tty, rows, columns)))
end

--- Closes the input, waits for the end and answers the exit status.
function Session:status()
  if self.input then
    self.input:close()
    self.input = nil
  end
  local file = io.open(self.dir .. "/status")
  if not file then return nil end
  local status = file:read("n")
  file:close()
  return status
end

--- A test that failed doesn't wait for what it started.
function Session:__close()
  if self.input and not self:has_ended() then
    os.execute("kill -KILL $(cat " .. self.dir .. "/pid) 2>/dev/null")
  end
  self:status()
end

return expect
