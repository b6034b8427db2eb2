--- What a command answers, on standard output. Text from outside is escaped before it is shown.
local failure = require "lamina.util.failure"
local terminal = require "lamina.core.terminal"
local text = require "lamina.util.text"

local output = {}

local Output = {}
Output.__index = Output

function output.new(file)
  return setmetatable({ file = file or io.stdout }, Output)
end

local function check(done, message)
  if done then return end
  failure.raise("system", "write standard output: " .. message:gsub("^.-: ", ""),
    { is_closed = message:find("Broken pipe", 1, true) ~= nil })
end

--- Writes text that holds only what may reach a terminal: ours, or escaped already.
function Output:write(...)
  check(self.file:write(...))
end

--- Writes one line of text from anywhere.
function Output:line(format, ...)
  local line = select("#", ...) > 0 and format:format(...) or format
  self:write(text.escape(line, "\t"), "\n")
end

--- Writes bytes as they came; a terminal gets them as text.
function Output:raw(bytes)
  self:write(terminal.is_terminal(1) and text.escape(bytes, "\n\t") or bytes)
end

local function encode(value, options)
  local json = require "lamina.core.json"
  return text.escape_json(failure.check(json.encode(value, options)))
end

--- Writes a value as indented JSON.
function Output:json(value)
  self:write(encode(value, { indent = 2 }), "\n")
end

--- Writes a value as JSON in one line.
function Output:json_line(value)
  self:write(encode(value), "\n")
end

--- Everything is where it should go; a full disk shows here.
function Output:flush()
  check(self.file:flush())
end

return output
