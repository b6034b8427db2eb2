--- The layers of a stage, bottom first, before they exist.
--
-- A layer is the diff ID of one that is there, or the vertex of the graph that will make it. A
-- stack is an immutable list linked from the top down, so that stages share what they have in
-- common; nil is the empty one.
local digest = require "lamina.core.digest"

local stack = {}

function stack.push(below, layer)
  return { below = below, layer = layer, count = (below and below.count or 0) + 1 }
end

--- The layers as a list, bottom first. Made once a stack: don't change it.
function stack.list(top)
  if not top then return {} end
  if not top.list then
    local list, at = {}, top
    for i = top.count, 1, -1 do
      list[i], at = at.layer, at.below
    end
    top.list = list
  end
  return top.list
end

--- A layer's diff ID, once it is known.
local function diff_id(layer)
  return type(layer) == "string" and layer or layer.output.diff_id
end

--- The diff IDs, bottom first; every vertex in the stack has its output.
function stack.diff_ids(top)
  local ids = {}
  for i, layer in ipairs(stack.list(top)) do ids[i] = diff_id(layer) end
  return ids
end

--- The chain ID of the whole, which names the file system (SEMANTICS 86); "" for an empty stack.
function stack.chain(top)
  if not top then return "" end
  if not top.chain then
    local below, own = stack.chain(top.below), diff_id(top.layer)
    top.chain = below == "" and own or "sha256:" .. digest.sha256(below .. " " .. own)
  end
  return top.chain
end

--- The vertices in a stack, bottom first: what has to be made before it can be used.
function stack.vertices(top)
  local list = {}
  for _, layer in ipairs(stack.list(top)) do
    if type(layer) == "table" then list[#list + 1] = layer end
  end
  return list
end

--- How many layers two stacks have in common from the bottom up.
function stack.common(a, b)
  local left, right, count = stack.list(a), stack.list(b), 0
  while left[count + 1] and left[count + 1] == right[count + 1] do count = count + 1 end
  return count
end

return stack
