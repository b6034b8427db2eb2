--- Writes a recipe's text as a word of a Dockerfile that means the same: what the Dockerfile would
-- take for a quote or an escape is escaped, variables stay.
--
--   docker.word([[a'b]], "\\")     -> [[a\'b]]       a word where blanks end words, or in JSON
--   docker.value([[a b $C]], "\\") -> [["a b $C"]]   a word in quotes where it needs them
local scan = require "lamina.util.word.scan"

local docker = {}

local write

local function escaped(text, specials, escape)
  return (text:gsub(specials, function(char) return escape .. char end))
end

--- Characters that mean something outside of quotes, and within double ones.
local function specials_of(escape, is_quoted, stop)
  local own = escape == "\\" and "\\\\" or "`"
  return "[$\"" .. own .. (is_quoted and "" or "'") .. (stop or "") .. "]"
end

--- A pattern, or what takes its place: escapes are part of it there, so that quotes have to do.
local function write_raw(nodes, escape)
  local out = {}
  for i, node in ipairs(nodes) do
    out[i] = node.name and write({ node }, escape, false)
      or node.text:gsub("[$'\"\\`}/%s]+", function(run)
        return "'" .. run:gsub("'", "'\"'\"'") .. "'"
      end)
  end
  return table.concat(out)
end

--- Operands are words of their own, whatever is around them.
local function variable(node, escape)
  local op = node.op
  if not op then return "${" .. node.name .. "}" end
  if op == "/" then
    return ("${%s/%s%s/%s}"):format(node.name, node.is_all and "/" or "",
      write_raw(node.pattern, escape), write_raw(node.word, escape))
  elseif op == "#" or op == "%" then
    return "${" .. node.name .. op .. write_raw(node.word, escape) .. "}"
  end
  return "${" .. node.name .. op .. write(node.word, escape, false, "}") .. "}"
end

function write(nodes, escape, is_quoted, stop)
  local out = {}
  for i, node in ipairs(nodes) do
    out[i] = node.name and variable(node, escape)
      or escaped(node.text, specials_of(escape, is_quoted, stop), escape)
  end
  return table.concat(out)
end

function docker.word(text, escape)
  if not text:find("[$'\"\\`]") then return text end
  return write(scan.nodes(text, scan.recipe), escape, false)
end

function docker.value(text, escape)
  if text:find("^[%w_./:@%%+,-]+$") then return text end
  return '"' .. write(scan.nodes(text, scan.recipe), escape, true) .. '"'
end

return docker
