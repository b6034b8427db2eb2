--- Columns of text, as Docker sets them: at least ten wide, three blanks apart.
local text = require "lamina.util.text"
local width = require "lamina.ui.width"

local table_view = {}

local least, gap = 10, 3

local function widths(rows)
  local wide = {}
  for _, row in ipairs(rows) do
    for i, cell in ipairs(row) do
      wide[i] = math.max(wide[i] or 0, width.of(cell) + gap, least)
    end
  end
  return wide
end

--- Lines for rows of cells (the first may be the titles); cells are escaped here.
function table_view.lines(rows)
  local cells = {}
  for i, row in ipairs(rows) do
    cells[i] = {}
    for j, cell in ipairs(row) do cells[i][j] = text.escape(tostring(cell)) end
  end
  local wide, lines = widths(cells), {}
  for i, row in ipairs(cells) do
    local line = {}
    for j, cell in ipairs(row) do
      line[j] = j < #row and cell .. (" "):rep(wide[j] - width.of(cell)) or cell
    end
    lines[i] = table.concat(line)
  end
  return lines
end

return table_view
