local dot = require "lamina.ui.graph.dot"

describe("lamina.ui.graph.dot", function()
  it("quotes whatever steps are called", function()
    local text = dot.draw {
      nodes = { { id = "1", number = 1, label = 'run "a\\"\n\27"', place = "r.lua:1", kind = "run",
        group = 1, status = "cached" },
        { id = 'target "x"', label = '"x"', place = "", kind = "target", group = 1 } },
      edges = { { from = "1", to = 'target "x"', kind = "target" } },
      groups = { { title = "stage 1" } },
    }
    assert.matches([["1" [label="#1 run \"a\\\"\\n\\x1b\"\nr.lua:1\ncached", shape=box]], text, 1,
      true)
    assert.matches([[  "1" -> "target \"x\"";]], text, 1, true)
    assert.matches('subgraph cluster_1 {\n    label="stage 1"', text, 1, true)
  end)
end)
