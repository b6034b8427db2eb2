local outline = require "lamina.build.outline"

local function plan_of(steps, targets)
  for i, step in ipairs(steps) do
    step.id, step.file, step.line = i, "recipe.lua", i
  end
  return { steps = steps, targets = targets, default = targets[1].name }
end

--- Edges as "from>to kind", groups as the numbers of each step's.
local function words(graph)
  local edges, groups = {}, {}
  for i, edge in ipairs(graph.edges) do
    edges[i] = ("%s>%s %s"):format(edge.from, edge.to, edge.kind)
  end
  for i, node in ipairs(graph.nodes) do groups[i] = node.id .. ":" .. node.group end
  return table.concat(edges, ", "), table.concat(groups, " ")
end

local steps = {
  { op = "image", ref = "debian" },
  { op = "run", input = 1, command = "make" },
  { op = "run", input = 1, command = "test" },
  { op = "copy", input = 2, sources = { "/a" }, destination = "/", from = 3 },
  { op = "run", input = 4, command = "x", mounts = { { type = "bind", target = "/t", from = 3 } } },
  { op = "merge", inputs = { 4, 5 } },
}

describe("lamina.build.outline", function()
  it("has what each step goes on from and reads, and targets below", function()
    local edges, groups = words(outline.of(plan_of(steps,
      { { name = "all", step = 6 }, { name = "made", step = 2, names = { "x:1" } } }), {}))
    assert.equal("1>2 input, 1>3 input, 2>4 input, 3>4 from, 3>5 bind, 4>5 input, 4>6 inputs, "
      .. "5>6 inputs, 6>target all target, 2>target made target", edges)
    assert.equal("1:1 2:1 3:2 4:1 5:1 6:3 target all:3 target made:1", groups)
  end)

  it("leaves out what a chosen target doesn't need, and marks what is known of steps", function()
    local graph = outline.of(plan_of(steps,
      { { name = "all", step = 6 }, { name = "made", step = 2 } }),
      { target = "made", status = { [2] = "cached", [5] = "needed" } })
    assert.equal("1>2 input, 2>target made target", (words(graph)))
    assert.equal("cached", graph.nodes[2].status)
    assert.equal('run "make"', graph.nodes[2].label)
    assert.equal("recipe.lua:2", graph.nodes[2].place)
  end)
end)
