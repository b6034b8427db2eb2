-- What instructions mean for the image: translated, evaluated, resolved on a base that is made up.
local failure = require "lamina.util.failure"
local parser = require "lamina.dockerfile.parser"
local recipe = require "lamina.recipe.recipe"
local resolve = require "lamina.build.resolve"
local sched = require "lamina.util.sched"
local stack = require "lamina.build.stack"
local translate = require "lamina.dockerfile.translate"

local base = { config = { os = "linux", architecture = "amd64",
  config = { Env = { "B=base", "PATH=/bin" }, Cmd = { "base" }, Strange = 7 } },
  layers = { "sha256:" .. ("1"):rep(64) } }

local function options(args)
  return { args = args or {}, allow = {}, platform = { os = "linux", architecture = "amd64" },
    context = "/nowhere", keeper = { need = function() end } }
end

--- The state at the end of a Dockerfile.
local function state_of(text, args)
  local made = translate.recipe(parser.parse(text, { name = "Dockerfile" }))
  local plan = sched.run(recipe.evaluate, { text = made.text, lines = made.lines,
    name = "Dockerfile", args = args, target_platform = "linux/amd64" })
  local store = { images = { resolve = function() return base end } }
  return resolve.graph(plan, resolve.target(plan), store, options(args)).state
end

local function history(state, count)
  local list, past = {}, state:past()
  for i = #past - count + 1, #past do list[#list + 1] = past[i].entry.created_by end
  return list
end

local function check(case)
  local text = ("%s\nFROM base AS first\nARG A=1\n%s\n%s\n"):format(case.global or "",
    case.on or "FROM base", case.text)
  local ok, state = pcall(state_of, text, case.args)
  if case.error then
    assert.is_false(ok)
    assert.is_true(failure.is(state), tostring(state))
    return assert.equal(case.error, tostring(state):sub(-#case.error))
  end
  if not ok then error(state, 0) end
  for name, value in pairs(case.vars or {}) do assert.equal(value, state:variable(name)) end
  for key, value in pairs(case.config or {}) do
    assert.same(value or nil, state.config[key])
  end
  if case.layers then assert.equal(case.layers, #stack.list(state.layers)) end
  if case.history then assert.same(case.history, history(state, #case.history)) end
end

describe("what a Dockerfile means for the image (SEMANTICS D2, D3)", function()
  for _, case in ipairs(dofile "tests/golden/dockerfile/meaning.lua") do
    it(("item %d: %s"):format(case[1], case[2]), function() check(case) end)
  end

  it("an argument that doubles forty times is stopped (DF-03)", function()
    local lines = { "FROM base", "ARG a0=xxxxxxxxxx" }
    for i = 1, 40 do lines[#lines + 1] = ("ARG a%d=$a%d$a%d"):format(i, i - 1, i - 1) end
    local ok, err = pcall(state_of, table.concat(lines, "\n"))
    assert.is_false(ok)
    assert.matches("more than 1 MiB", err.message)
    assert.matches("Dockerfile:%d+", err.message)
  end)

  it("very many lines with variables stand (DF-03)", function()
    local lines = { "FROM base" }
    for i = 1, 9000 do
      lines[i + 1] = (i % 2 == 0 and "ENV V%d=$B" or "ARG V%d=$B"):format(i)
    end
    local before = collectgarbage "count"
    local state = state_of(table.concat(lines, "\n"))
    collectgarbage()
    assert.equal("base", state:variable "V9000")
    assert.equal("base", state:variable "V8999")
    assert.equal(4502, #state.config.Env)
    assert.is_true(collectgarbage "count" - before < 100 * 1024)
  end)

  it("a line with very many variables stands, up to a limit (DF-03)", function()
    local words = {}
    for i = 1, 9000 do words[i] = ("V%d=$B"):format(i) end
    assert.equal("base", state_of("FROM base\nENV " .. table.concat(words, " ")):variable "V9000")
    for i = 9001, 50000 do words[i] = ("V%d=$B"):format(i) end
    for _, name in ipairs { "ENV ", "ARG " } do
      local ok, err = pcall(state_of, "FROM base\n" .. name .. table.concat(words, " "))
      assert.is_false(ok)
      assert.matches("Dockerfile:2: more than 10000 variables$", err.message)
    end
  end)
end)
