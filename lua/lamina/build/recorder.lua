--- Keeps the record of a build (store/builds.lua): it hears what happens, and writes it down when
-- the build has ended, however it did.
local failure = require "lamina.util.failure"
local json = require "lamina.core.json"
local sched = require "lamina.util.sched"
local text = require "lamina.util.text"

local recorder = {}

local Recorder = {}
Recorder.__index = Recorder

local heard = {}

--- File names come into messages, and are any bytes; a record is JSON.
local function plain(message)
  return message and text.escape(message, "\n\t")
end

--- The step of an event; one that wasn't heard of is none of ours.
local function note(self, data, fields)
  local step = self.steps[data.id]
  if not step then return end
  for key, value in pairs(fields) do step[key] = value end
end

heard["step.started"] = function(self, data) note(self, data, { status = "running" }) end
heard["step.log"] = function(self, data) note(self, data, { log = data.log }) end

heard["step.cached"] = function(self, data)
  note(self, data, { status = "cached", log = data.log })
end

heard["step.finished"] = function(self, data)
  note(self, data, { status = "ran", seconds = data.seconds })
end

heard["step.failed"] = function(self, data)
  note(self, data, { status = "failed", message = plain(data.message) })
end

--- Starts to listen. `steps` are rows { id=, label=, file=, line= } of what may have to be made.
function recorder.new(store, options, steps)
  local self = setmetatable({ store = store, began = sched.now(), steps = {} }, Recorder)
  self.record = { started = os.time(), steps = json.array(steps), status = "interrupted",
    recipe = plain(options.file or options.name), target = options.target }
  for _, step in ipairs(steps) do
    step.status = "waiting"
    self.steps[step.id] = step
  end
  self.stop = options.bus:on(function(name, data)
    if heard[name] then heard[name](self, data) end
  end)
  return self
end

--- The build has made its image.
function Recorder:done(image)
  self.record.status, self.record.image = "done", image
end

--- Whether nothing was made and the last build gave the same: its record says all that ours would,
-- and a build that finds everything in the cache has no need to write to the disk.
local function is_repeated(self, record)
  for _, step in ipairs(record.steps) do
    if step.status ~= "cached" then return false end
  end
  local last = record.status == "done" and self.store.builds:last()
  return last and last.status == "done" and last.image == record.image
    and last.recipe == record.recipe and last.target == record.target
end

--- Writes the record; `err` is what has ended the build, nil for a task that was cancelled.
function Recorder:__close(err)
  self.stop()
  local record = self.record
  record.seconds = sched.now() - self.began
  if failure.is(err) and err.kind ~= "interrupted" then
    record.status, record.message = "failed", plain(err.message)
  end
  for _, step in ipairs(record.steps) do
    if step.status == "running" then step.status = "interrupted" end
  end
  if not is_repeated(self, record) then self.store.builds:add(record) end
end

return recorder
