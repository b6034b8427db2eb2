--- What the specs share: temporary folders, running programs, reading and writing files.
--
--   local helper = require "support.helper"
local helper = {}

helper.build = os.getenv("B") or "build"
helper.is_root = false

local function first_line(command)
  local pipe <close> = assert(io.popen(command))
  return pipe:read("l")
end

helper.top = first_line("pwd")
helper.is_root = first_line("id -u") == "0"

-- Whether a container can have more users than root: an ordinary user needs sub-ids for that.
helper.has_ids = helper.is_root or first_line(
  "command -v newuidmap >/dev/null && grep -q \"^$(id -un):\" /etc/subuid && echo yes") == "yes"
helper.lamina_path = helper.top .. "/" .. helper.build .. "/lamina"

-- What is set on this machine isn't what is tested.
require("luv").os_setenv("LAMINA_CONFIG", "/dev/null")

-- What a test misspells is no reason to ask the world. Who pulls sets it to something else.
require("luv").os_setenv("LAMINA_PULL", "never")

function helper.quote(word)
  return "'" .. tostring(word):gsub("'", "'\\''") .. "'"
end

--- Valgrind 3.19 knows none of clone3, pidfd_open and fsopen: what stands on them can't run there.
function helper.is_under_valgrind()
  return helper.read("/proc/self/maps"):find("vgpreload", 1, true) ~= nil
end

--- A new folder; `helper.cleanup()` in after_each or teardown removes all of them.
local made = {}
function helper.tmpdir()
  local dir = first_line("mktemp -d /tmp/lamina-spec.XXXXXX")
  made[#made + 1] = dir
  return dir
end

-- An ordinary user's store holds files of its sub-ids: only inside the namespace they go.
local remove = [[require("lamina.core.namespace").enter()
  for _, dir in ipairs(arg) do require("lamina.core.fs").remove(dir) end]]

--- What a test that failed has left running would outlive its store.
local function stop_containers(dir)
  local store <close> = io.open(dir .. "/store/lamina.db")
  if not store then return end
  local lamina = ("LAMINA_ROOT=%s/store %s "):format(dir, helper.quote(helper.lamina_path))
  os.execute(("for id in $(%s ps -q 2>/dev/null); do %s rm -f $id; done >/dev/null 2>&1")
    :format(lamina, lamina))
end

function helper.cleanup()
  for _, dir in ipairs(made) do
    stop_containers(dir)
    if not os.execute("rm -rf " .. helper.quote(dir) .. " 2>/dev/null") then
      os.execute(("echo %s | lua5.4 - %s"):format(helper.quote(remove), helper.quote(dir)))
    end
  end
  made = {}
end

function helper.write(path, text)
  local file <close> = assert(io.open(path, "wb"))
  assert(file:write(text))
  return path
end

function helper.read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read("a")
end

--- Runs a shell command line; answers exit status (128 + n for a signal), stdout, stderr.
function helper.sh(command, input)
  local dir = first_line("mktemp -d /tmp/lamina-sh.XXXXXX")
  local stdin = "/dev/null"
  if input then stdin = helper.write(dir .. "/in", input) end
  local _, how, code = os.execute(("{ %s\n} <%s >%s/out 2>%s/err"):format(command, stdin, dir, dir))
  local out, err = helper.read(dir .. "/out"), helper.read(dir .. "/err")
  os.execute("rm -rf " .. dir)
  return how == "signal" and 128 + code or code, out, err
end

local Store = {}
Store.__index = Store

--- The shell command line that runs lamina with these words on the store.
function Store:line(...)
  local words = { "env", "LAMINA_ROOT=" .. helper.quote(self.root) }
  for name, value in pairs(self.env) do words[#words + 1] = helper.quote(name .. "=" .. value) end
  words[#words + 1] = helper.quote(helper.lamina_path)
  for _, word in ipairs { ... } do words[#words + 1] = helper.quote(word) end
  return table.concat(words, " ")
end

function Store:__call(...)
  return helper.sh(self:line(...))
end

--- Runs a shell command line in which `lamina` is this one.
function Store:script(line)
  return helper.sh(("lamina() { %s \"$@\"; }\n%s"):format(self:line(), line))
end

--- Runs the example that a command's help shows.
function Store:example(name)
  return self:script(require("lamina.cli.cmd." .. name).example)
end

--- The same for what must succeed: answers stdout alone, and blames the caller's line.
function Store:ok(...)
  local status, out, err = self(...)
  if status == 0 then return out end
  error(("lamina %s: status %d: %s%s"):format(table.concat({ ... }, " "), status, out, err), 2)
end

--- What must fail: with this status, a pattern that stderr has, and nothing on stdout.
function Store:fails(status, pattern, ...)
  local assert = require "luassert"
  local code, out, err = self(...)
  assert.equal("", out)
  assert.matches(pattern, err)
  assert.equal(status, code)
end

--- Runs a shell text in a new container of "busybox", which goes with its end; answers its output.
-- What follows are further options of `run`.
function Store:shell(text, ...)
  local words = { "--rm", ... }
  words = table.move({ "busybox", "sh", "-c", text }, 1, 4, #words + 1, words)
  return self:ok("run", table.unpack(words))
end

--- Waits until a shell text in a running container says yes.
function Store:wait_for(name, text)
  for _ = 1, 500 do
    if self("exec", name, "sh", "-c", text) == 0 then return end
  end
  error(("%s: waited in vain for %s"):format(name, text), 2)
end

--- A lamina on a store of its own: `local run = helper.store(); run("images", "-q")`.
-- Answers status, stdout, stderr. `run.root` is the store's folder; `env` is what lamina's
-- environment has besides ({ NAME = value }).
function helper.store(env)
  return setmetatable({ root = helper.tmpdir() .. "/store", env = env or {} }, Store)
end

return helper
