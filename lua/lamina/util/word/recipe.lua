--- Writes a word that was taken apart as a recipe has it: quotes are gone, a backslash before "$"
-- and backslashes before those are what is left of escapes.
--
--   recipe.text(scan.nodes([["a b"\$c$d'e']], scan.docker "\\"))  -> [[a b\$c${d}e]]
local scan = require "lamina.util.word.scan"

local recipe = {}

local write

--- How many backslashes a text ends with. (A pattern would look at a long run again and again.)
local function trailing(text)
  local at = #text
  while text:byte(at) == 92 do at = at - 1 end
  return #text - at
end

--- Calls change(count) for each character of a class, `count` being the backslashes before it,
-- and puts what it answers between those and the character.
local function before_each(text, class, change)
  local out, at = {}, 1
  while true do
    local place = text:find(class, at)
    if not place then break end
    local part = text:sub(at, place - 1)
    out[#out + 1] = part .. change(trailing(part)) .. text:sub(place, place)
    at = place + 1
  end
  return table.concat(out) .. text:sub(at)
end

local function doubled_and_one(count) return ("\\"):rep(count + 1) end

local function one_if_even(count) return count % 2 == 0 and "\\" or "" end

--- "$" (and what would end an operand) quoted, the backslashes before it doubled.
local function quote(text, is_operand)
  return before_each(text, is_operand and "[$}]" or "%$", doubled_and_one)
end

--- Texts that follow each other as one, so that what is before a "$" is seen whole.
local function joined(nodes)
  local list, run = {}, {}
  local function finish()
    local text = table.concat(run)
    if text ~= "" then list[#list + 1] = { text = text } end
    run = {}
  end
  for _, node in ipairs(nodes) do
    if node.text then
      run[#run + 1] = node.text
    else
      finish()
      list[#list + 1] = node
    end
  end
  finish()
  return list
end

--- The operand of # and %, or of /: escapes in it have stayed as they are; what a quote kept from
-- ending it gets one now.
local function write_pattern(nodes, stop)
  local list, out = joined(nodes), {}
  for i, node in ipairs(list) do
    if node.text then
      out[i] = before_each(node.text, "[$" .. stop .. "]", one_if_even)
      if trailing(out[i]) % 2 == 1 then out[i] = out[i] .. "\\" end
    else
      out[i] = write { node }
    end
  end
  return table.concat(out)
end

local function write_variable(node, following)
  if not node.op then
    local is_open = following and following:find("^[%w_]")
    if not node.is_braced and not is_open then return "$" .. node.name end
    return "${" .. node.name .. "}"
  elseif node.op == "/" then
    return ("${%s/%s%s/%s}"):format(node.name, node.is_all and "/" or "",
      write_pattern(node.pattern, "/"), write(node.word, true))
  elseif node.op == "#" or node.op == "%" then
    return "${" .. node.name .. node.op .. write_pattern(node.word, "}") .. "}"
  end
  return "${" .. node.name .. node.op .. write(node.word, true) .. "}"
end

function write(nodes, is_operand)
  local list, out = joined(nodes), {}
  for i, node in ipairs(list) do
    local following = list[i + 1]
    if node.text then
      out[i] = quote(node.text, is_operand)
      if following or is_operand then out[i] = out[i] .. ("\\"):rep(trailing(out[i])) end
    else
      out[i] = write_variable(node, following and following.text)
    end
  end
  return table.concat(out)
end

--- The nodes as text for a recipe.
function recipe.text(nodes)
  return write(nodes)
end

--- A text that shall not be expanded.
function recipe.literal(text)
  return quote(text)
end

--- A Dockerfile's word as a recipe's: the same value, whatever its variables are.
function recipe.from_docker(text, escape)
  if text:find("^[a-z--:A-Z_=@,+ ]*$") or not text:find("[$'\"\\`]") then return text end
  -- most words are the same in both, or a text in quotes with nothing special in it
  if not text:find("['\"\\`]") then
    local rest = text:gsub("%${[%a_][%w_]*}", ""):gsub("%$[%a_][%w_]*", "")
    if not rest:find("$", 1, true) then return text end
  end
  local plain = text:match("^\"([^\"\\`$]*)\"$") or text:match("^'([^'\\`$]*)'$")
  if plain then return plain end
  return write(scan.nodes(text, scan.docker(escape)))
end

return recipe
