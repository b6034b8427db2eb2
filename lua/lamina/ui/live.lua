--- Progress on a terminal: finished steps scroll up, the running ones stay below them with the
-- time they take, the bytes they have moved and their last lines; above these is how far it all is.
--
-- What runs is clipped to the screen. What failed is not: the whole of its output that is kept
-- (its last lines and their beginnings, see `kept_lines`) is printed for good. `lamina logs` has
-- all of it.
local plain = require "lamina.ui.plain"
local tally = require "lamina.ui.tally"
local text = require "lamina.util.text"
local width = require "lamina.ui.width"

local live = {}

local shown_lines, kept_lines, kept_bytes = 4, 2000, 4096

local styles = { cached = "\27[36m", done = "\27[32m", failed = "\27[31m", dim = "\27[2m" }

local View = {}
View.__index = View

--- options: write(text), size() -> rows, columns, now() -> seconds, colour.
function live.new(options)
  return setmetatable({
    write = options.write, size = options.size, now = options.now, colour = options.colour,
    steps = {}, running = {}, height = 0, tally = tally.new(), began = options.now(),
  }, View)
end

function View:style(name, line)
  return self.colour and styles[name] .. line .. "\27[0m" or line
end

--- The last lines of a running step, oldest first.
local function last_lines(step, count)
  local lines = {}
  for i = math.max(step.first, step.last - count + 1), step.last do
    lines[#lines + 1] = step.lines[i]
  end
  return lines
end

--- How far the build is; nothing before it is known how many steps there are.
function View:totals(columns)
  local line = self.tally:line()
  if not line then return {} end
  return { width.clip(("%s  %.1fs"):format(line, self.now() - self.began), columns) }
end

--- The lines of what runs now, at most `rows` of them.
function View:region(rows, columns)
  local lines = self:totals(columns)
  for _, step in ipairs(self.running) do
    local moved = self.tally:step(step.id)
    local seconds = ("%s %.1fs"):format(moved ~= "" and " " .. moved or "",
      self.now() - step.started)
    lines[#lines + 1] = width.clip(width.clip(step.title, columns - #seconds) .. seconds, columns)
    for _, line in ipairs(last_lines(step, shown_lines)) do
      lines[#lines + 1] = self:style("dim", width.clip("   " .. line, columns))
    end
  end
  return table.move(lines, 1, math.min(rows, #lines), 1, {})
end

--- Wipes the region, prints lines for good, draws the region again: in one write, so that it
-- doesn't flicker.
function View:draw(...)
  local rows, columns = self.size()
  local out = { self.height > 0 and ("\r\27[%dA\27[J"):format(self.height) or "" }
  for _, line in ipairs { ... } do out[#out + 1] = line .. "\n" end
  local region = self:region(rows - 1, columns - 1)
  for _, line in ipairs(region) do out[#out + 1] = line .. "\n" end
  self.height = #region
  self.write(table.concat(out))
end

local function title(data)
  return ("#%s %s"):format(data.id, text.escape(data.label or ""))
end

function View:start(data)
  local step = { id = data.id, title = title(data), started = self.now(), lines = {}, first = 1,
    last = 0 }
  self.steps[data.id] = step
  table.insert(self.running, step)
  return step
end

--- Takes a step from what runs.
function View:stop(data)
  local step = self.steps[data.id] or { title = title(data), lines = {}, first = 1, last = 0 }
  for i, other in ipairs(self.running) do
    if other == step then table.remove(self.running, i) break end
  end
  self.steps[data.id] = nil
  return step
end

local heard = {}

heard["recipe.said"] = function(self, data)
  self:draw((plain.printed(data.line):gsub("\n$", "")))
end

--- What ran before doesn't run any more.
heard["build.started"] = function(self) self.steps, self.running = {}, {} end

heard["step.started"] = function(self, data)
  self:start(data)
  self:draw()
end

heard["step.output"] = function(self, data)
  local step = self.steps[data.id] or self:start(data)
  step.last = step.last + 1
  local line = plain.shown(data.line):sub(1, kept_bytes)
  step.lines[step.last] = text.escape((line:gsub("\t", "        ")))
  if step.last - step.first >= kept_lines then
    step.lines[step.first], step.first = nil, step.first + 1
  end
end

heard["step.note"] = function(self, data)
  self:draw(("#%s NOTE %s"):format(data.id, text.escape(data.message)))
end

heard["step.cached"] = function(self, data)
  self:draw(self:style("cached", self:stop(data).title .. " CACHED"))
end

heard["step.finished"] = function(self, data)
  local step = self:stop(data)
  self:draw(self:style("done", ("%s DONE %.1fs"):format(step.title, data.seconds or 0)))
end

heard["step.failed"] = function(self, data)
  local step = self:stop(data)
  local message = text.escape(tostring(data.message or data.error or ""))
  local lines = last_lines(step, kept_lines)
  table.insert(lines, self:style("failed", step.title .. " ERROR " .. message))
  self:draw(table.unpack(lines))
end

for _, what in ipairs { "started", "finished", "failed" } do
  heard["transfer." .. what] = heard["step." .. what]
end

heard["transfer.present"] = function(self, data)
  self:draw(self:style("cached", self:stop(data).title .. " EXISTS"))
end

function View:hear(name, data)
  self.tally:hear(name, data)
  if heard[name] then heard[name](self, data) end
end

--- Time has passed: the seconds of what runs are out of date.
function View:tick()
  if #self.running > 0 then self:draw() end
end

--- Leaves the screen to others: what still runs was cut off, and is no longer shown.
function View:close()
  self.running, self.tally = {}, tally.new()
  if self.height > 0 then self:draw() end
end

return live
