--- Places the nodes of a graph (build/outline.lua) in rows and columns.
--
-- A node's row is the longest way to it, and what stands on nothing is right above its first user.
-- A group is a chain, so it fits into one column; groups whose rows don't meet share one.
--
-- layout.place(graph) sets `row` and `column` (from 1) of every node, and `column`, `first` and
-- `last` (rows) of every group; it answers the numbers of rows and columns.
local layout = {}

--- Beginnings that are used late move down to where they are used.
local function lower_beginnings(graph, by_id)
  local has_input, next_row = {}, {}
  for _, edge in ipairs(graph.edges) do
    has_input[edge.to] = true
    next_row[edge.from] = math.min(next_row[edge.from] or math.huge, by_id[edge.to].row)
  end
  for _, node in ipairs(graph.nodes) do
    if not has_input[node.id] and next_row[node.id] then node.row = next_row[node.id] - 1 end
  end
end

local function set_rows(graph, by_id)
  for _, node in ipairs(graph.nodes) do by_id[node.id], node.row = node, 1 end
  for _, edge in ipairs(graph.edges) do -- inputs come before users, and so do their edges
    local from, to = by_id[edge.from], by_id[edge.to]
    to.row = math.max(to.row, from.row + 1)
  end
  lower_beginnings(graph, by_id)
end

--- The rows that each group covers.
local function set_spans(graph)
  for _, node in ipairs(graph.nodes) do
    local group = graph.groups[node.group]
    group.first = math.min(group.first or node.row, node.row)
    group.last = math.max(group.last or node.row, node.row)
  end
end

--- Targets of one step would lie on one another: each further one goes a row below.
local function spread_targets(graph)
  local taken, rows = {}, 0
  for _, node in ipairs(graph.nodes) do
    local place = node.group .. ":" .. node.row
    while taken[place] do
      node.row = node.row + 1
      place = node.group .. ":" .. node.row
    end
    taken[place] = true
    rows = math.max(rows, node.row)
  end
  return rows
end

--- The column that the inputs of a group lie in on average.
local function wish(graph, number, by_id)
  local sum, count = 0, 0
  for _, edge in ipairs(graph.edges) do
    local from = by_id[edge.from]
    if by_id[edge.to].group == number and from.group ~= number then
      local column = graph.groups[from.group].column
      if column then sum, count = sum + column, count + 1 end
    end
  end
  return count > 0 and sum / count or 1
end

--- Whether a group would meet another one, or the room above it, in a column.
local function is_free(groups, group, column)
  for _, other in ipairs(groups) do
    if other.column == column and group.first <= other.last + 1
      and other.first <= group.last + 1 then
      return false
    end
  end
  return true
end

--- The free column nearest to the wished one.
local function choose(groups, group, wished, columns)
  local best
  for column = 1, columns + 1 do
    if is_free(groups, group, column)
      and (not best or math.abs(column - wished) < math.abs(best - wished)) then
      best = column
    end
  end
  return best
end

function layout.place(graph)
  local by_id, columns = {}, 0
  set_rows(graph, by_id)
  local rows = spread_targets(graph)
  set_spans(graph)
  for number, group in ipairs(graph.groups) do
    group.column = choose(graph.groups, group, wish(graph, number, by_id), columns)
    columns = math.max(columns, group.column)
  end
  for _, node in ipairs(graph.nodes) do node.column = graph.groups[node.group].column end
  return rows, columns
end

return layout
