local helper = require "support.helper"
local recipe = require "lamina.recipe.recipe"
local sched = require "lamina.util.sched"
local schema = require "lamina.plan.schema"

describe("recipes/README.md", function()
  local text = helper.read "recipes/README.md"

  it("shows recipes that evaluate", function()
    local count = 0
    for block in text:gmatch "\n```lua\n(.-)\n```" do
      count = count + 1
      local plan = sched.run(recipe.evaluate, { text = block, name = "README" })
      assert.is_true(#plan.steps > 0)
    end
    assert.is_true(count >= 3)
  end)

  it("names every step that a recipe can make and every option of a mount", function()
    local internal = { scratch = true, image = true, stage = true, ["local"] = true,
      unset = true, merge = true, diff = true }
    for op in pairs(schema.steps) do
      if not internal[op] then assert.matches("`" .. op .. "[ ({`]", text, op) end
    end
    for kind, options in pairs(schema.mounts) do
      local row = assert(text:match("\n| `" .. kind .. "[^`]+target[^\n]*"), kind)
      for option in pairs(options) do assert.matches(" " .. option .. " =", row, 1, true) end
      assert.matches("\n| `[%w ]*%f[%w]" .. kind .. "%f[%W][%w ]*` | mounts for `run`", text)
    end
  end)

  it("names every option of run", function()
    local paragraph = assert(text:match "\n%*%*`run`%*%* options:.-\n\n")
    for option in pairs(schema.steps.run) do
      if option ~= "command" then assert.matches("`" .. option .. "[ `]", paragraph) end
    end
  end)
end)

describe("the recipes that come with lamina", function()
  it("evaluate", function()
    local files <close> = assert(io.popen "find recipes -maxdepth 1 -name '*.lua'")
    for file in files:lines() do
      local plan = sched.run(recipe.evaluate, { file = file, context = "." })
      assert.is_true(#plan.steps > 1, file)
    end
  end)
end)
