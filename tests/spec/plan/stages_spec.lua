local stages = require "lamina.plan.stages"

--- The stages of steps as short texts: `0 name < base: OP line, …`.
local function shown(steps, targets)
  for i, step in ipairs(steps) do step.id, step.line = i, i * 10 end
  local list = {}
  for i, stage in ipairs(stages.of { steps = steps, targets = targets or {} }) do
    local parts = {}
    for k, step in ipairs(stage.steps) do parts[k] = step.instruction .. " " .. step.line end
    list[i] = ("%d %s < %s: %s"):format(stage.index, stage.name or "-", stage.base,
      table.concat(parts, ", "))
  end
  return list
end

describe("lamina.plan.stages", function()
  it("groups steps by what they stand on", function()
    assert.same({ "0 build < golang: RUN 20, ENV 40", "1 default < scratch: COPY 50" }, shown({
      { op = "image", ref = "golang" }, { op = "run", input = 1 }, { op = "scratch" },
      { op = "env", input = 2 }, { op = "copy", input = 3, from = 4 },
    }, { { name = "build", step = 4 }, { name = "default", step = 5 } }))
  end)

  it("begins a stage where another one is continued", function()
    assert.same({ "0 a < x: RUN 20", "1 b < a: RUN 40", "2 - < a: CMD 50", "3 - < b: " }, shown({
      { op = "image", ref = "x" }, { op = "run", input = 1 }, { op = "stage", input = 2 },
      { op = "run", input = 3 }, { op = "cmd", input = 2 }, { op = "stage", input = 4 },
    }, { { name = "a", step = 2 }, { name = "b", step = 4 } }))
  end)

  it("leaves out what is only copied from", function()
    assert.same({ "0 - < scratch: COPY 40" }, shown {
      { op = "image", ref = "x", files_only = true }, { op = "local" }, { op = "scratch" },
      { op = "copy", input = 3, from = 1 },
    })
  end)
end)
