--- A graph (build/outline.lua) as SVG: rows from the top, a column for each stage.
--
-- Steps are boxes with their label and place, whole in the tooltip; what a step goes on from is a
-- full line, what it only reads a dashed one. It stands alone: no script, no font, no other file.
local layout = require "lamina.ui.graph.layout"
local text = require "lamina.util.text"

local svg = {}

local character = 6.7 -- the width of one, at the size of labels
local longest, shortest = 52, 18
local height, gap_x, gap_y, margin, pad, title_height = 40, 56, 30, 24, 12, 20

local entities = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }

--- Text as XML takes it. Two code points are none of XML's.
local function escape(words)
  return (text.escape(words):gsub('[&<>"]', entities):gsub("\239\191[\190\191]", "?"))
end

local function title_of(node)
  return node.number and ("#%d %s"):format(node.number, node.label) or node.label
end

--- How many characters the boxes are wide.
local function box_characters(graph)
  local most = shortest
  for _, node in ipairs(graph.nodes) do
    local words = title_of(node)
    most = math.max(most, utf8.len(words) or #words, #node.place + 10)
  end
  return math.min(most, longest)
end

local View = {}
View.__index = View

function View:add(format, ...)
  self.lines[#self.lines + 1] = format:format(...)
end

--- The left upper corner of a place in the grid.
function View:corner(row, column)
  return margin + pad + (column - 1) * (self.width + gap_x),
    margin + pad + title_height + (row - 1) * (height + gap_y)
end

local function draw_group(self, group)
  local x, y = self:corner(group.first, group.column)
  local rows = group.last - group.first
  self:add('<rect class="group" x="%.0f" y="%.0f" width="%.0f" height="%.0f" rx="8"/>', x - pad,
    y - pad - title_height + 6, self.width + 2 * pad,
    (rows + 1) * height + rows * gap_y + 2 * pad + title_height - 6)
end

local function draw_title(self, group)
  local x, y = self:corner(group.first, group.column)
  self:add('<text class="title" x="%.0f" y="%.0f">%s</text>', x, y - pad, escape(group.title))
end

local function draw_node(self, node)
  local x, y = self:corner(node.row, node.column)
  local most = self.width // character - 2 | 0
  self:add('<g class="node %s %s"><title>%s\n%s</title>', node.kind == "target" and "target"
    or "step", node.status or "", escape(title_of(node)), escape(node.place))
  self:add('<rect x="%.0f" y="%.0f" width="%.0f" height="%d" rx="%d"/>', x, y, self.width, height,
    node.kind == "target" and height // 2 or 5)
  self:add('<text x="%.0f" y="%.0f">%s</text>', x + 9, y + 16,
    escape(text.shorten(title_of(node), most)))
  local below = node.place .. (node.status and (" · " .. node.status) or "")
  self:add('<text class="place" x="%.0f" y="%.0f">%s</text></g>', x + 9, y + 31,
    escape(text.shorten(below, most + 4)))
end

local function curve(x, y, by_x, by_y, to_by_x, to_by_y, to_x, to_y)
  return ("M%.0f %.0f C%.0f %.0f %.0f %.0f %.0f %.0f"):format(x, y, by_x, by_y, to_by_x, to_by_y,
    to_x, to_y)
end

--- Down to the next row where there is no box between; else from side to side, within a column
-- around the boxes.
local function path_of(self, from, to)
  local x, y = self:corner(from.row, from.column)
  local to_x, to_y = self:corner(to.row, to.column)
  if to.row == from.row + 1 then
    local half = self.width / 2
    return curve(x + half, y + height, x + half, y + height + gap_y, to_x + half, to_y - gap_y,
      to_x + half, to_y)
  end
  local middle, to_middle, bend = y + height / 2, to_y + height / 2, gap_x * 0.6
  if from.column == to.column then
    x = x + self.width
    return curve(x, middle, x + bend, middle + 10, x + bend, to_middle - 10, x, to_middle)
  elseif from.column < to.column then
    x = x + self.width
  else
    to_x, bend = to_x + self.width, -bend
  end
  return curve(x, middle, x + bend, middle, to_x - bend, to_middle, to_x, to_middle)
end

local function draw_edge(self, edge)
  local is_full = edge.kind == "input" or edge.kind == "target"
  self:add('<path class="%s" d="%s" marker-end="url(#arrow)"><title>%s</title></path>',
    is_full and "edge" or "edge read", path_of(self, self.by_id[edge.from], self.by_id[edge.to]),
    escape(edge.kind))
end

local style = [[<style>
text { font: 11px monospace; fill: #1d1d1f }
.title, .place { font-size: 10px; fill: #6a6a70 }
.group { fill: #f5f5f7; stroke: #d9d9de }
.node rect { fill: #fff; stroke: #77777e }
.cached rect { fill: #d8f0f4; stroke: #3a8fa0 }
.needed rect { fill: #fde9c8; stroke: #b07a1c }
.target rect { fill: #e3ddf6; stroke: #6b55b5 }
.edge { fill: none; stroke: #55555c; stroke-width: 1.2 }
.read { stroke-dasharray: 4 3 }
</style>
<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7"
 orient="auto"><path d="M0 0 L8 4 L0 8 z" fill="#55555c"/></marker></defs>]]

--- The whole document.
function svg.draw(graph)
  local rows, columns = layout.place(graph)
  local self = setmetatable({ lines = {}, by_id = {}, width = (box_characters(graph) + 3)
    * character // 1 }, View)
  for _, node in ipairs(graph.nodes) do self.by_id[node.id] = node end
  local right, bottom = self:corner(rows + 1, columns + 1)
  right, bottom = right - gap_x + margin + pad, bottom - gap_y + margin + pad
  self:add('<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" '
    .. 'viewBox="0 0 %.0f %.0f">', right, bottom, right, bottom)
  self:add("%s", style)
  self:add('<rect width="100%%" height="100%%" fill="#fff"/>')
  for _, group in ipairs(graph.groups) do draw_group(self, group) end
  for _, edge in ipairs(graph.edges) do draw_edge(self, edge) end
  for _, group in ipairs(graph.groups) do draw_title(self, group) end
  for _, node in ipairs(graph.nodes) do draw_node(self, node) end
  self:add("</svg>\n")
  return table.concat(self.lines, "\n")
end

return svg
