--- The part of Go's templates that `--format` needs.
--
--   {{.Field}}  {{json .}}  {{.Names | json}}  {{index .Labels "key"}}  (see expression.lua)
--   {{if .A}}…{{else if .B}}…{{else}}…{{end}}   {{with .Config}}…{{end}}
--   {{range .List}}…{{else}}…{{end}}   {{range $key, $value := .Map}}…{{end}}
--   {{- .Field -}} takes the blanks around it away; {{/* nothing */}}
--
-- What a template puts in is escaped; \t and \n in its own text are a tab and a new line.
local expression = require "lamina.ui.expression"
local failure = require "lamina.util.failure"
local functions = require "lamina.ui.functions"

local template = {}

local function fail(message)
  failure.raise("usage", "--format: " .. message)
end

local escapes = { t = "\t", n = "\n", ["\\"] = "\\" }

--- Where the braces of an action close; those inside its quotes don't.
local function closing(source, at)
  while true do
    local quote, close = source:find('["`]', at), source:find("}}", at, true)
    if not close then fail("'{{' without '}}'") end
    if not quote or quote > close then return close end
    local mark = source:sub(quote, quote)
    at = quote + 1
    while source:sub(at, at) ~= mark do
      if at > #source then fail("a quote isn't closed") end
      at = at + (mark == '"' and source:sub(at, at) == "\\" and 2 or 1)
    end
    at = at + 1
  end
end

--- Splits a template into texts and actions: { text = } or { action = }.
local function tokens_of(source)
  local tokens, at, trims = {}, 1, false
  while at <= #source do
    local open = source:find("{{", at, true)
    local plain = source:sub(at, (open or #source + 1) - 1)
    if trims then plain = plain:gsub("^%s+", "") end
    if open and source:find("^%-%s", open + 2) then plain = plain:gsub("%s+$", "") end
    if plain ~= "" then tokens[#tokens + 1] = { text = plain:gsub("\\([tn\\])", escapes) } end
    if not open then break end
    local close = closing(source, open + 2)
    local action = source:sub(open + 2, close - 1)
    trims = action:find("%s%-$") ~= nil
    action = action:gsub("^%-%s", ""):gsub("%s%-$", ""):match("^%s*(.-)%s*$")
    if not action:find("^/%*.*%*/$") then tokens[#tokens + 1] = { action = action } end
    at = close + 2
  end
  return tokens
end

--- A text alone, such as {{"\n"}}, is the template's own.
local function own_text(action)
  local value = action:match('^"([^"]*)"$')
  return value and (value:gsub("\\([tn\\])", escapes))
end

local Parser = {}
Parser.__index = Parser

local blocks = { ["if"] = true, range = true, with = true }

--- A block up to its end: { kind=, test=, nodes…, otherwise = nodes }.
function Parser:block(kind, words)
  local node = { kind = kind, test = expression.parse(words), body = nil }
  local stop, rest
  node.body, stop, rest = self:nodes(kind)
  if stop == "else" then
    local nested, nested_words = rest:match("^(%a+)%s+(.+)$")
    if nested == kind and kind ~= "range" then
      node.otherwise = { self:block(kind, nested_words) } -- its {{end}} is ours too
    elseif rest == "" then
      node.otherwise = self:nodes(kind)
    else
      fail(("'{{else %s}}' isn't understood"):format(rest))
    end
  end
  return node
end

--- The nodes up to {{end}} or {{else}}, which `inside` a block must come.
function Parser:nodes(inside)
  local nodes = {}
  while self.tokens[self.at] do
    local token = self.tokens[self.at]
    self.at = self.at + 1
    local word, rest = (token.action or ""):match("^(%a+)%s*(.*)$")
    if token.text then
      nodes[#nodes + 1] = token.text
    elseif word == "end" or word == "else" then
      if not inside then fail(("'{{%s}}' without a beginning"):format(word)) end
      return nodes, word, rest
    elseif blocks[word] then
      nodes[#nodes + 1] = self:block(word, rest)
    else
      nodes[#nodes + 1] = own_text(token.action) or { value = expression.parse(token.action) }
    end
  end
  if inside then fail(("'{{%s}}' without '{{end}}'"):format(inside)) end
  return nodes
end

--- Reads a template; raises a failure "usage".
function template.parse(source)
  return (setmetatable({ tokens = tokens_of(source), at = 1 }, Parser):nodes())
end

local render

--- A scope within another, with its own dot and variables.
local function inner(scope, dot, names, ...)
  local own = { dot = dot, root = scope.root, names = setmetatable({}, { __index = scope.names }) }
  local values = { ... }
  for i, name in ipairs(names or {}) do own.names[name] = { value = values[i] } end
  return own
end

local function each(out, node, value, scope)
  local names, count = node.test.names, 0
  local keys = type(value) == "table" and functions.keys(value)
  for i, item in ipairs(keys or type(value) == "table" and value or {}) do
    local key = keys and item or i - 1
    if keys then item = value[key] end
    local own = names and #names == 1 and inner(scope, item, names, item)
      or inner(scope, item, names, key, item)
    render(out, node.body, own)
    count = count + 1
  end
  return count > 0
end

local function render_block(out, node, scope)
  local value = expression.evaluate(node.test, scope)
  local done
  if node.kind == "range" then
    done = each(out, node, value, scope)
  else
    done = functions.is_true(value)
    local dot = scope.dot
    if node.kind == "with" then dot = value end
    if done then render(out, node.body, inner(scope, dot, node.test.names, value)) end
  end
  if not done and node.otherwise then render(out, node.otherwise, inner(scope, scope.dot)) end
end

function render(out, nodes, scope)
  for _, node in ipairs(nodes) do
    if type(node) == "string" then
      out[#out + 1] = node
    elseif node.kind then
      render_block(out, node, scope)
    else
      local value, names = expression.evaluate(node.value, scope), node.value.names
      if names then
        scope.names[names[1]] = { value = value }
      else
        out[#out + 1] = functions.print(value)
      end
    end
  end
end

--- Renders a parsed template for one value.
function template.render(nodes, row)
  local out = {}
  render(out, nodes, { dot = row, root = row, names = {} })
  return table.concat(out)
end

return template
