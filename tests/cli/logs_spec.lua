local fixtures = require "support.fixtures"
local fs = require "lamina.core.fs"
local helper = require "support.helper"
local json = require "lamina.core.json"

describe("lamina logs", function()
  local run, dir

  local function build(recipe, ...)
    helper.write(dir .. "/recipe.lua", recipe)
    return run("build", "--progress=quiet", dir, ...)
  end

  local function last_id() return run:ok("logs", "--list", "--quiet"):match("%S+") end

  before_each(function()
    run, dir = fixtures.busybox_store(), helper.tmpdir()
  end)
  after_each(helper.cleanup)

  it("shows what the last build's steps wrote, whole, cached or not", function()
    local recipe = 'return from "busybox":run "seq 5000; echo problem >&2"'
    assert.equal(0, (build(recipe)))
    local lines = {}
    for i = 1, 5000 do lines[i] = i .. "\n" end
    local out = run:ok("logs", "2")
    assert.equal(table.concat(lines), (out:gsub("problem\n", "")))
    assert.matches("problem\n", out)
    assert.equal(0, (build(recipe .. ':run "true"')))
    assert.equal(out, run:ok("logs", "2"))
    local all = run:ok("logs")
    assert.matches('^#2 run "seq 5000; echo problem >&2"  .*/recipe.lua:1  cached\n1\n2\n', all)
  end)

  it("has no new record of a build that made nothing and gave what the last one gave", function()
    local recipe = 'return from "busybox":run "true"'
    assert.equal(0, (build(recipe)))
    local first = last_id()
    assert.equal(0, (build(recipe)))
    assert.equal(first, last_id())
    assert.equal(0, (build 'return from "busybox":run "true":env { A = "1" }'))
    assert.not_equal(first, last_id())
  end)

  it("has the output of a step that failed, and of any build by its id", function()
    assert.equal(0, (build 'return from "busybox":run "echo good"'))
    local good = last_id()
    local status, _, err = build('return from "busybox":run "seq 30; printf end; exit 3"')
    assert.equal(1, status)
    assert.matches("hint: `lamina logs 2` shows all it wrote", err, 1, true)
    assert.matches("^1\n2\n.*\n30\nend\n$", run:ok("logs", "2"))
    assert.matches("failed.*\nstep 2 .*: exit status 3\n$", run:ok("logs"))
    assert.equal("good\n", run:ok("logs", good, "2"))
    assert.equal("good\n", run:ok("logs", good:sub(1, 6), "#2"))
  end)

  it("lists builds with what became of them", function()
    build 'return from "busybox":run "true"'
    build 'return { x = from "busybox":run "false" }'
    local rows = {}
    for line in run:ok("logs", "--list", "--json"):gmatch("[^\n]+") do
      rows[#rows + 1] = assert(json.decode(line))
    end
    assert.equal("failed", rows[1].Status)
    assert.matches("exit status 1", rows[1].Message)
    assert.equal("done", rows[2].Status)
    assert.matches("^sha256:%x+$", rows[2].Image)
    assert.matches("^BUILD ID +CREATED +STATUS", run:ok("logs", "-l"))
  end)

  it("answers JSON, one object a line", function()
    build 'return from "busybox":run "echo out; echo err >&2; printf open"'
    local texts = { stdout = "", stderr = "" }
    for line in run:ok("logs", "--json"):gmatch("[^\n]+") do
      local entry = assert(json.decode(line))
      assert.equal(2, entry.step)
      assert.equal(last_id(), entry.build)
      texts[entry.stream] = texts[entry.stream] .. entry.text
    end
    assert.same({ stdout = "out\nopen", stderr = "err\n" }, texts)
  end)

  it("lets no control byte of a step through", function()
    build [[return from "busybox":run "printf '\\033[2Jx\\007\\tz\\377\\n'"]]
    assert.equal("\\x1b[2Jx\\x07\tz\\xff\n", run:ok("logs", "2"))
    build 'return from "busybox":run ": \u{9b}2J"'
    assert.is_nil(run:ok("logs", "--json"):find("\u{9b}", 1, true))
  end)

  it("keeps what an interrupted step wrote", function()
    helper.write(dir .. "/recipe.lua",
      'return from "busybox":run "echo begun; sleep 1000"')
    local status = helper.sh(([[%s 2>%s/log & pid=$!
      until grep -q '^#2 begun' %s/log; do sleep 0.05; done
      kill -INT $pid; wait $pid]]):format(run:line("build", "--progress=plain", dir), dir, dir))
    assert.equal(130, status)
    assert.equal("begun\n", run:ok("logs", "2"))
    assert.matches("interrupted", run:ok("logs", "--list"))
  end)

  it("goes with the cache records and builds that it belongs to", function()
    build 'return from "busybox":run "echo kept"'
    build 'return from "busybox":run "echo gone; false"'
    local function count() return #fs.list(run.root .. "/logs") end
    assert.equal(2, count())
    run:ok("prune", "--force", "--filter", "until=24h")
    assert.equal(2, count())
    assert.matches("2 logs", run:ok("prune", "--force", "--dry-run"))
    run:ok("prune", "--force")
    assert.equal(0, count())
    local status, _, err = run("logs")
    assert.equal(1, status)
    assert.matches("nothing has been built", err)
  end)

  it("has the triggers of a base image by their numbers", function()
    assert.equal(0, (build('return image(from "busybox":onbuild "RUN seq 30; exit 3", '
      .. '{ name = "base" })')))
    local status, _, err = build 'return from "base":run "true"'
    assert.equal(1, status)
    local number = err:match("`lamina logs (%S+)` shows")
    assert.matches("^%d+%.1$", number)
    assert.matches("\n30\n$", run:ok("logs", number))
  end)

  it("is checked by fsck --deep, which sets a damaged one aside", function()
    assert.equal(0, (build 'return from "busybox":run "echo text"'))
    run:ok("fsck", "--deep")
    local path = run.root .. "/logs/" .. fs.list(run.root .. "/logs")[1]
    helper.write(path, "o 0.1 another\n")
    local status, out, err = run("fsck", "--deep")
    assert.equal(1, status)
    assert.matches("isn't what its name says", out .. err, 1, true)
    run:ok("fsck", "--deep", "--repair")
    run:ok("fsck", "--deep")
    status, out, err = run("logs", "2")
    assert.equal(1, status)
    assert.equal("", out)
    assert.matches("the log isn't there any more", err, 1, true)
    assert.matches("ran .*\n%(the log isn't there any more%)\n$", run:ok "logs")
  end)

  it("refuses what it doesn't know with a hint", function()
    build 'return from "busybox":run "true"'
    for word, message in pairs { x = "neither a build nor", b0000000 = "no build 'b0000000'",
      ["9"] = "has no step 9" } do
      local status, _, err = run("logs", word)
      assert.equal(word == "x" and 2 or 1, status)
      assert.matches(message, err, 1, true)
    end
  end)

  it("shows its example", function()
    build 'local s = from "busybox":env { A = "b" }:run "echo three" return s'
    assert.equal("three\n", (select(2, run:example "logs")))
  end)
end)
