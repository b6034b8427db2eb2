--- A graph (build/outline.lua) as Graphviz' DOT: a cluster for each stage.
local text = require "lamina.util.text"

local dot = {}

local function quote(words)
  return '"' .. text.escape(words):gsub('[\\"]', "\\%0") .. '"'
end

--- Lines of a label; DOT has its own mark for where one ends.
local function label_of(node)
  local title = node.number and ("#%d %s"):format(node.number, node.label) or node.label
  local lines = { quote(title):sub(2, -2) }
  if node.place ~= "" then lines[2] = quote(node.place):sub(2, -2) end
  if node.status then lines[#lines + 1] = node.status end
  return '"' .. table.concat(lines, "\\n") .. '"'
end

local fills = { cached = "#d8f0f4", needed = "#fde9c8" }

local function node_line(node)
  local shape = node.kind == "target" and "ellipse" or "box"
  local fill = fills[node.status] or (node.kind == "target" and "#e3ddf6" or "#ffffff")
  return ("    %s [label=%s, shape=%s, style=\"filled,rounded\", fillcolor=%s];"):format(
    quote(node.id), label_of(node), shape, quote(fill))
end

local function edge_line(edge)
  local style = (edge.kind == "input" or edge.kind == "target") and ""
    or (" [style=dashed, label=%s]"):format(quote(edge.kind))
  return ("  %s -> %s%s;"):format(quote(edge.from), quote(edge.to), style)
end

--- The whole text.
function dot.draw(graph)
  local lines = { "digraph lamina {", '  node [fontname="monospace", fontsize=11];',
    '  edge [fontname="monospace", fontsize=9];' }
  for number, group in ipairs(graph.groups) do
    lines[#lines + 1] = ("  subgraph cluster_%d {\n    label=%s; color=\"#b8b8b8\";"):format(number,
      quote(group.title))
    for _, node in ipairs(graph.nodes) do
      if node.group == number then lines[#lines + 1] = node_line(node) end
    end
    lines[#lines + 1] = "  }"
  end
  for _, edge in ipairs(graph.edges) do lines[#lines + 1] = edge_line(edge) end
  lines[#lines + 1] = "}\n"
  return table.concat(lines, "\n")
end

return dot
