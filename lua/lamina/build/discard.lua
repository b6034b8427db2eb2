--- Folders of steps that are over, removed while others work: what an overlay leaves takes as long
-- to remove as a small step takes.
--
--   local gone = discard.new(store)
--   gone:add(path)
--   gone:close()        -- when the build ends; nobody waits for a large tree then
local extent = require "lamina.build.extent"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local sched = require "lamina.util.sched"
local uv = require "luv"
local workspace = require "lamina.store.workspace"

local discard = {}

local Discard = {}
Discard.__index = Discard

function discard.new(store)
  return setmetatable({ store = store, waiting = {} }, Discard)
end

--- Moves what waits into one folder.
local function gather(self, folder)
  for i, path in ipairs(self.waiting) do fs.rename(path, ("%s/%d"):format(folder, i)) end
  self.waiting = {}
end

local function remove_waiting(self)
  while #self.waiting > 0 do
    local folder = self.store:temp("gone")
    gather(self, folder)
    sched.job(fs.remove, folder)
  end
end

-- So many folders are worth a job: starting one takes as long as removing a few.
local many = 24

--- Removes a folder some time.
function Discard:add(path)
  self.waiting[#self.waiting + 1] = path
  if self.is_removing or #self.waiting < many then return end
  self.is_removing = true
  self.remover = sched.spawn(function()
    pcall(remove_waiting, self)
    self.is_removing = false
  end)
end

-- What takes a few hundredths of a second to remove.
local little = { entries = 2000, bytes = math.maxinteger, directory = 128 * 1024 }

local function has_much(self)
  for _, path in ipairs(self.waiting) do
    if not extent.is_little(path, little) then return true end
  end
  return false
end

--- Leaves what waits to a program that outlives us. It holds the lock of the folder that it
-- removes; should it be killed, the folder is swept like that of any process that is gone.
local function leave(self)
  local grave = workspace.new(self.store.root .. "/tmp")
  gather(self, grave.dir)
  local process
  process = uv.spawn("rm", { args = { "-rf", "--", grave.dir }, detached = true,
    stdio = { nil, nil, nil, grave.lock:fd() } }, function() process:close() end)
  if process then process:unref() end -- the loop doesn't wait for it
  grave.lock:release()
end

--- Ends the work. What little is left goes with the workspace.
function Discard:close()
  if self.remover then self.remover:cancel() end
  local ok, err = pcall(function() if has_much(self) then leave(self) end end)
  if not ok and not failure.is(err) then error(err, 0) end
end

return discard
