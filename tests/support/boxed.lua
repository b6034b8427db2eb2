--- Lua text in a process of its own at home (support.script), with busybox as a root file system.
--
--   boxed.output [=[ print(run "echo hello") ]=]
--
-- The text sees what support.script gives, and root (a descriptor), spec(more), sh(text, more) ->
-- process, run(text, more) -> what it wrote, its status; written(), poll(fn), descriptors(),
-- children().
local assert = require "luassert"
local fixtures = require "support.fixtures"
local script = require "support.script"

local boxed = {}

local prelude = [=[
  assert(os.execute("tar -C " .. folder "root" .. " --no-same-owner -xf " .. %q))
  local tree = assert(overlay.mount { lower = { dir .. "/root" }, upper = folder "upper",
    work = folder "work", userxattr = home.userxattr })
  local root = tree:fd()
  local stubs = assert(namespace.prepare(root, {}))
  local out = assert(fs.open(dir .. "/out", "rw", { mode = 384 }))
  local function spec(more)
    local all = { root = root, env = { "PATH=/bin" }, stdout = out:fd(), stderr = out:fd() }
    for key, value in pairs(more) do all[key] = value end
    return all
  end
  local function sh(text, more)
    more = more or {}
    more.args = { "sh", "-c", text }
    return assert(namespace.start(spec(more)))
  end
  local function written() return fs.read(dir .. "/out") end
  local function run(text, more)
    local process <close> = sh(text, more)
    local status = assert(process:wait())
    return written(), status
  end
  local function poll(fn)
    for _ = 1, 2000 do
      if fn() then return true end
      os.execute "sleep 0.005"
    end
    error("it never happened", 2)
  end
  local function descriptors()
    collectgarbage() collectgarbage()
    return #fs.list "/proc/self/fd"
  end
  local function children() return fs.read "/proc/thread-self/children" end
]=]

--- Answers status, stdout, stderr; `before` is a command line to run it under.
function boxed.outcome(text, before)
  return script(prelude:format(fixtures.busybox_tar()) .. text, before)
end

--- What it printed; it has to end well.
function boxed.output(text)
  local status, out, err = boxed.outcome(text)
  assert.equal("", err)
  assert.equal(0, status)
  return out
end

return boxed
