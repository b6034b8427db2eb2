--- A tree of text with lines drawn between parents and children.
--
--   tree.lines { text = "debian", { text = "git" }, { text = "make", { text = "cc" } } }
local text = require "lamina.util.text"

local tree = {}

local function add(lines, node, first, rest)
  lines[#lines + 1] = first .. text.escape(node.text)
  for i, child in ipairs(node) do
    local is_last = i == #node
    add(lines, child, rest .. (is_last and "└─ " or "├─ "), rest .. (is_last and "   " or "│  "))
  end
end

--- One line a node, parents first.
function tree.lines(node)
  local lines = {}
  add(lines, node, "", "")
  return lines
end

return tree
