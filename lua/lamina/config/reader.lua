--- The text of a configuration file, checked by the rows of keys.lua, with the line of each value.
-- What is wrong with it is raised with its line.
local check = require "lamina.util.check"
local failure = require "lamina.util.failure"
local json = require "lamina.core.json"
local keys = require "lamina.config.keys"
local kind = require "lamina.config.kind"
local text = require "lamina.util.text"
local yaml = require "lamina.core.yaml"

local reader = {}

local longest_shown = 60

local Reader = {}
Reader.__index = Reader

--- `line` is nil for what is about the whole file.
function Reader:refuse(line, why, hint)
  failure.raise("invalid-input", why, { file = self.path, line = line, hint = hint })
end

--- The document; keeps the lines of its parts.
function Reader:decode(words)
  local value, lines = yaml.decode(words, { lines = true })
  if value == nil then
    local line, why = lines.message:match("^yaml: line (%d+), (.*)$")
    self:refuse(line, why or lines.message)
  end
  self.lines = lines
  return value
end

local function is_mapping(value)
  return type(value) == "table" and value ~= json.null and not json.is_array(value)
end

--- What stands there, for a message; who somebody is for a URL isn't told.
local function shown_value(value)
  if value == json.null then return "nothing" end
  if type(value) == "table" then return json.is_array(value) and "a list" or "a mapping" end
  return ("'%s'"):format(text.shorten((tostring(value):gsub("//[^/@]*@", "//…@")), longest_shown))
end

local function unknown(self, line, name, below, known)
  self:refuse(line, ("unknown key '%s'"):format(name),
    check.hint(below, check.sorted_keys(known)))
end

function Reader:set(row, name, value, line)
  local converted, expected, wrong = kind.read(row, value)
  if converted == nil then
    self:refuse(line, ("%s: %s expected, not %s"):format(name, expected, shown_value(wrong)))
  end
  self.settings[name] = { value = converted, from = ("%s:%d"):format(self.path, line) }
end

--- The name of a key, and what may stand below it. Below "registries" are hosts.
local function found(self, known, key, name, line)
  if not known["*"] then return key, known[key] or unknown(self, line, name, key, known) end
  local host = kind.host(key)
  if not host then
    self:refuse(line, ("%s: HOST or HOST:PORT expected"):format(name))
  elseif self.hosts[host] then
    self:refuse(line, ("%s: it is the registry of line %d"):format(name, self.hosts[host]))
  end
  self.hosts[host] = line
  return host, known["*"]
end

--- A mapping, whose keys are those of `known`; the whole file, which has no line, is one. There may
-- be nothing in it.
function Reader:section(value, known, prefix, line)
  if value == json.null then return end
  if not is_mapping(value) then
    self:refuse(line, ("%skeys with values expected, not %s"):format(prefix == "" and ""
      or prefix:sub(1, -2) .. ": ", shown_value(value)))
  end
  local lines, names = self.lines[value], check.sorted_keys(value)
  table.sort(names, function(a, b) return lines[a] < lines[b] or lines[a] == lines[b] and a < b end)
  for _, key in ipairs(names) do
    local at = lines[key]
    local word, below = found(self, known, key, prefix .. key, at)
    if below.kind then
      self:set(below, prefix .. word, value[key], at)
    else
      self:section(value[key], below, prefix .. word .. ".", at)
    end
  end
end

--- The settings of a text by name: { value =, from = "PATH:LINE" }.
function reader.read(path, words)
  local self = setmetatable({ path = path, settings = {}, hosts = {} }, Reader)
  self:section(self:decode(words), keys.tree(), "")
  return self.settings
end

return reader
