local helper = require "support.helper"
local modules = require "lamina.recipe.modules"

--- What the files of some modules require of ours, and theirs in turn.
local function closure(names)
  local seen, waiting = {}, table.move(names, 1, #names, 1, {})
  while #waiting > 0 do
    local name = table.remove(waiting)
    if not seen[name] and not name:find("^lamina%.core%.") then
      seen[name] = true
      local text = helper.read("lua/" .. name:gsub("%.", "/") .. ".lua")
      for other in text:gmatch 'require%s*%(?%s*"(lamina%.[%w_.]+)"' do
        waiting[#waiting + 1] = other
      end
    end
  end
  return seen
end

local function set_of(...)
  local set = {}
  for _, list in ipairs { ... } do
    for _, name in ipairs(list) do set[name] = true end
  end
  return set
end

describe("the modules of the sandbox", function()
  it("are all that they require, and no more", function()
    local all = closure(table.move(modules.frontend, 1, #modules.frontend, #modules.names + 1,
      table.move(modules.names, 1, #modules.names, 1, {})))
    assert.same(all, set_of(modules.names, modules.frontend))
  end)

  it("are given as far as a recipe's text may need them", function()
    assert.is_false(modules.has_frontend 'return from "a":run "x"')
    assert.is_true(modules.has_frontend 'use "apt" return from "a":apt "x"')
    assert.is_true(modules.has_frontend 'return from "a":dockerfile "RUN x"')
    assert.equal(#modules.names, #modules.list(false))
    assert.is_true(#modules.list(true) >= #modules.names + #modules.frontend)
  end)
end)
