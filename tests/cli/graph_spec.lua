local fixtures = require "support.fixtures"
local helper = require "support.helper"

local recipe = [[
local base = from "busybox"
local tool = base:run "echo tool >/tool"
local app = base:env { A = "1" }:run("cat /t", {
  mounts = { bind { from = tool, source = "/tool", target = "/t" } } })
return { default = image(app, { name = "x/app" }), slim = from "scratch":copy("/tool", "/",
  { from = tool }) }
]]

describe("lamina graph", function()
  local dir
  before_each(function()
    dir = helper.tmpdir()
    helper.write(dir .. "/recipe.lua", recipe)
  end)
  after_each(helper.cleanup)

  --- What python's parser finds: all texts and tooltips, a line each.
  local function parsed(path)
    local status, out, err = helper.sh(([[python3 -c '
import sys, xml.etree.ElementTree as tree
for element in tree.parse(sys.argv[1]).iter():
    if element.tag.endswith("}g"): print("class", element.get("class"))
    if element.text and element.text.strip(): print(element.text)' %s]]):format(path))
    assert.equal(0, status, err)
    return out
  end

  it("draws an SVG with every step, its line, stages and targets; it needs no store", function()
    local run = helper.store()
    local path = dir .. "/graph.svg"
    assert.equal("", run:ok("graph", "-o", path, dir))
    local out = parsed(path)
    for _, text in ipairs { '#1 from "busybox"', '#2 run "echo tool >/tool"', '#4 run "cat /t"',
      dir .. "/recipe.lua:3", "stage 1", "slim", "x/app" } do
      assert.matches(text, out, 1, true)
    end
    assert.not_matches("cached", out:gsub("%.cached", ""), 1, true)
    assert.equal(2, (helper.sh("ls " .. run.root)))
  end)

  it("marks what is cached and what would run", function()
    local run = fixtures.busybox_store()
    run:ok("build", "-q", "--target", "slim", dir)
    local path = dir .. "/graph.svg"
    run:ok("graph", "-o", path, dir)
    local out = parsed(path)
    assert.matches('class node step cached\n#2 run "echo tool', out, 1, true)
    assert.matches('class node step needed\n#4 run "cat /t"', out, 1, true)
    assert.matches('class node step \n#1 from "busybox"', out, 1, true)
  end)

  it("writes DOT with the same steps, of one target where that is asked for", function()
    local run = helper.store()
    local out = run:ok("graph", "--format", "dot", dir)
    assert.matches("^digraph lamina {\n", out)
    assert.equal(out, run:ok("graph", "--format", "dot", "-o", "-", dir))
    assert.matches('"2" [label="#2 run \\"echo tool >/tool\\"\\n', out, 1, true)
    assert.matches('  "2" -> "4" [style=dashed, label="bind"];', out, 1, true)
    assert.matches('  "4" -> "target default";', out, 1, true)
    local slim = run:ok("graph", "--format", "dot", "--target", "slim", dir)
    assert.matches("target slim", slim, 1, true)
    assert.not_matches("target default", slim, 1, true)
    assert.not_matches("cat /t", slim, 1, true)
  end)

  it("draws without marks what can't be looked up, and says why", function()
    local run = fixtures.busybox_store()
    helper.write(dir .. "/recipe.lua", 'return from "missing":run "true"')
    local status, out, err = run("graph", "--format", "dot", dir)
    assert.equal(0, status)
    assert.matches("#2 run", out)
    assert.matches("what is cached isn't marked: .*missing", err)
  end)

  it("draws a Dockerfile, and tells mistakes as build does", function()
    local run = helper.store()
    helper.write(dir .. "/Dockerfile", "FROM busybox\nRUN echo x")
    assert.matches("Dockerfile:2", run:ok("graph", "--format", "dot", "-f", dir .. "/Dockerfile",
      dir), 1, true)
    local status, _, err = run("graph", "--target", "nope", dir)
    assert.equal(1, status)
    assert.matches("no target 'nope'", err)
    assert.equal(2, (run("graph", "--format", "png", dir)))
  end)
end)
