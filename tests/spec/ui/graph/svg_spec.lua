local helper = require "support.helper"
local layout = require "lamina.ui.graph.layout"
local svg = require "lamina.ui.graph.svg"

--- A graph of nodes "id group" and edges "from to".
local function graph_of(nodes, edges, groups)
  local graph = { nodes = {}, edges = {}, groups = {} }
  for i, row in ipairs(nodes) do
    local id, group = row:match("^(%S+) (%d+)$")
    graph.nodes[i] = { id = id, label = id, place = "", kind = "run",
      group = math.tointeger(tonumber(group)) }
  end
  for i, row in ipairs(edges) do
    local from, to = row:match("^(%S+) (%S+)$")
    graph.edges[i] = { from = from, to = to, kind = "input" }
  end
  for i = 1, groups do graph.groups[i] = { title = "stage " .. i } end
  return graph
end

local function places(graph)
  local words = {}
  for i, node in ipairs(graph.nodes) do
    words[i] = ("%s:%d,%d"):format(node.id, node.row, node.column)
  end
  return table.concat(words, " ")
end

describe("lamina.ui.graph.layout", function()
  it("puts a chain into one column, and what reads it below", function()
    local graph = graph_of({ "a 1", "b 1", "c 2", "d 2" }, { "a b", "a c", "b d", "c d" }, 2)
    assert.same({ 3, 2 }, { layout.place(graph) })
    assert.equal("a:1,1 b:2,1 c:2,2 d:3,2", places(graph))
  end)

  it("lets groups whose rows don't meet share a column", function()
    local graph = graph_of({ "a 1", "b 1", "c 1", "d 2", "x 3" },
      { "a b", "b c", "c x", "d b" }, 3)
    layout.place(graph)
    assert.equal(graph.groups[2].column, 2)
    assert.equal(1, graph.nodes[4].row) -- right above its user
  end)

  it("never lets two nodes lie on one another", function()
    math.randomseed(7)
    for _ = 1, 100 do
      local nodes, edges = {}, {}
      for i = 1, 30 do
        nodes[i] = ("n%d %d"):format(i, i <= 6 and i or math.random(1, 6))
        for _ = 1, math.random(0, 3) do
          if i > 1 then edges[#edges + 1] = ("n%d n%d"):format(math.random(1, i - 1), i) end
        end
      end
      local graph, taken = graph_of(nodes, edges, 6), {}
      layout.place(graph)
      for _, node in ipairs(graph.nodes) do
        local place = node.row .. "," .. node.column
        assert.is_nil(taken[place], places(graph))
        taken[place] = true
      end
    end
  end)
end)

describe("lamina.ui.graph.svg", function()
  after_each(helper.cleanup)

  it("is well-formed whatever steps are called, and hides nothing", function()
    local graph = graph_of({ "a 1" }, {}, 1)
    local label = 'run "<script>&\27[31m\0\239\191\191 ]]>' .. ("x"):rep(100) .. '"'
    graph.nodes[1].label, graph.nodes[1].number, graph.nodes[1].place = label, 7, "re<ci>pe.lua:1"
    local path = helper.write(helper.tmpdir() .. "/g.svg", svg.draw(graph))
    local status, out, err = helper.sh(([[python3 -c '
import sys, xml.etree.ElementTree as tree
found = tree.parse(sys.argv[1]).iter("{http://www.w3.org/2000/svg}title")
print(next(found).text)' %s]]):format(path))
    assert.equal(0, status, err)
    assert.equal('#7 run "<script>&\\x1b[31m\\x00? ]]>' .. ("x"):rep(100) .. '"\nre<ci>pe.lua:1\n',
      out)
  end)
end)
