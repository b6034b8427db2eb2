--- Progress as lines for logs: each carries its step's number, so that parallel steps can be told
-- apart.
--
--   #3 run "apt-get update"
--   #3 Hit:1 http://deb.example.org bookworm InRelease
--   #3 DONE 1.2s
local text = require "lamina.util.text"

local plain = {}

local View = {}
View.__index = View

--- `write` takes text that is ready for a terminal.
function plain.new(options)
  return setmetatable({ write = options.write }, View)
end

function View:say(id, line)
  self.write("#" .. tostring(id or "-") .. " " .. text.escape(line, "\t") .. "\n")
end

--- A terminal shows what stands behind the last carriage return; so do we.
function plain.shown(line)
  if not line:find("\r", 1, true) then return line end
  line = line:match("^(.*[^\r])\r*$") or "" -- greedy first: else each "\r" is tried
  return line:match("^.*\r(.*)$") or line
end

--- What a recipe prints, ready for a terminal: it may be several lines.
function plain.printed(line)
  return text.escape(line, "\n\t") .. "\n"
end

local heard = {}
View.heard = heard

heard["recipe.said"] = function(self, data) self.write(plain.printed(data.line)) end

heard["step.started"] = function(self, data) self:say(data.id, data.label) end
heard["step.output"] = function(self, data) self:say(data.id, plain.shown(data.line)) end

heard["step.cached"] = function(self, data)
  if data.label then self:say(data.id, data.label) end
  self:say(data.id, "CACHED")
end

heard["step.note"] = function(self, data) self:say(data.id, "NOTE " .. data.message) end

heard["step.finished"] = function(self, data)
  self:say(data.id, ("DONE %.1fs"):format(data.seconds or 0))
end

heard["step.failed"] = function(self, data)
  self:say(data.id, "ERROR " .. tostring(data.message or data.error or ""))
end

heard["transfer.started"] = heard["step.started"]
heard["transfer.finished"], heard["transfer.failed"] = heard["step.finished"], heard["step.failed"]
heard["transfer.present"] = function(self, data) self:say(data.id, "EXISTS") end

function View:hear(name, data)
  local tell = heard[name]
  if tell then tell(self, data) end
end

function View.tick() end
function View.close() end

return plain
