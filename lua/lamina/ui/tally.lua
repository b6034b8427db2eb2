--- How far a build is: counts of its steps, and the bytes that are copied, unpacked and hashed.
local text = require "lamina.util.text"

local tally = {}

local Tally = {}
Tally.__index = Tally

function tally.new()
  return setmetatable({ total = 0, cached = 0, made = 0, failed = 0, running = 0, moved = {} },
    Tally)
end

local heard = {}

heard["build.started"] = function(self, data)
  self.total, self.cached, self.made, self.running = data.total or 0, 0, 0, 0
end

heard["step.started"] = function(self) self.running = self.running + 1 end
heard["step.cached"] = function(self) self.cached = self.cached + 1 end

heard["step.finished"] = function(self)
  self.running, self.made = math.max(0, self.running - 1), self.made + 1
end

--- One that failed before it ran, while its files were looked at, never started.
heard["step.failed"] = function(self)
  self.running, self.failed = math.max(0, self.running - 1), self.failed + 1
end

heard["step.progress"] = function(self, data)
  local of = self.moved[data.id] or {}
  self.moved[data.id] = of
  of[data.what] = data.bytes
end

heard["transfer.progress"] = heard["step.progress"]

--- What comes from elsewhere belongs to no single step.
heard["remote.progress"] = function(self, data)
  self.moved[data.name] = { downloaded = data.done }
end

function Tally:hear(name, data)
  if heard[name] then heard[name](self, data) end
end

local kinds = { "copied", "unpacked", "hashed", "downloaded", "uploaded" }

--- The bytes of one step so far ("12MB copied"), "" where it moves none.
function Tally:step(id)
  local words = {}
  for _, what in ipairs(kinds) do
    local bytes = (self.moved[id] or {})[what]
    if bytes then words[#words + 1] = text.size(bytes) .. " " .. what end
  end
  return table.concat(words, ", ")
end

--- The bytes of all steps, as words.
local function add_bytes(self, words)
  for _, what in ipairs(kinds) do
    local sum = 0
    for _, of in pairs(self.moved) do sum = sum + (of[what] or 0) end
    if sum > 0 then words[#words + 1] = text.size(sum) .. " " .. what end
  end
end

--- All of it as one line: "[3/12] 1 running, 8 queued, 2 cached, 12MB copied"; nil before the
-- number of steps is known.
function Tally:line()
  if self.total == 0 then return nil end
  local over = self.cached + self.made + self.failed
  local words = {}
  local function add(count, what)
    if count > 0 then words[#words + 1] = ("%d %s"):format(count, what) end
  end
  add(self.running, "running")
  add(self.total - over - self.running, "queued")
  add(self.cached, "cached")
  add(self.failed, "failed")
  add_bytes(self, words)
  return ("[%d/%d] %s"):format(over, self.total, table.concat(words, ", "))
end

return tally
