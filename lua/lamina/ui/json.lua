--- Progress as JSON, one event a line, for programs.
--
--   {"event":"step.finished","id":3,"seconds":1.2,"time":"2024-01-02T15:04:05Z"}
local failure = require "lamina.util.failure"
local json = require "lamina.core.json"
local text = require "lamina.util.text"

local json_view = {}

local View = {}
View.__index = View

function json_view.new(options)
  return setmetatable({ write = options.write }, View)
end

--- A value as JSON takes it: text of a step may be any bytes (SEC-02). Tables are lists.
local function clean(value)
  if type(value) == "table" then
    local list = json.array {}
    for i, one in ipairs(value) do list[i] = clean(one) end
    return list
  end
  if type(value) == "string" then return text.escape(value, "\t") end
  if type(value) == "number" or type(value) == "boolean" then return value end
  return text.escape(tostring(value))
end

function View:hear(name, data)
  local line = { event = name, time = text.rfc3339(os.time()) }
  for key, value in pairs(data) do
    if type(key) == "string" and line[key] == nil then line[key] = clean(value) end
  end
  self.write(failure.check(json.encode(line)) .. "\n")
end

function View.tick() end
function View.close() end

return json_view
