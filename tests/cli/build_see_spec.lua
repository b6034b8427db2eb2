local expect = require "support.expect"
local fixtures = require "support.fixtures"
local helper = require "support.helper"
local json = require "lamina.core.json"

describe("lamina build, seen", function()
  local run, dir

  local function recipe(text) helper.write(dir .. "/recipe.lua", text) end

  --- A build on a terminal of its own.
  local function on_terminal(environment, ...)
    environment.LAMINA_ROOT = run.root
    local words = { helper.quote(helper.lamina_path), "build", ... }
    words[#words + 1] = dir
    return expect.start(table.concat(words, " "), environment)
  end

  before_each(function()
    run, dir = fixtures.busybox_store(), helper.tmpdir()
  end)
  after_each(helper.cleanup)

  it("shows on a terminal what runs, its last lines, and how far it is", function()
    recipe [[return from "busybox":run "echo first"
      :run("echo shown; until [ -e /c/go ]; do sleep 0.05; done",
        { mounts = { cache("/c", { id = "c" }) } })
      :run "echo last"]]
    local session <close> = on_terminal { NO_COLOR = "", TERM = "xterm" }
    session:wait_for("[1/3] 1 running, 1 queued")
    session:wait_for("   shown")
    helper.sh("for d in " .. run.root .. "/cache/*/; do touch $d/go; done")
    session:wait_for("DONE")
    session:wait_for("sha256:")
    assert.equal(0, session:status())
    assert.matches("\27[32m#4 run \"echo last\" DONE", session:shown(), 1, true)
  end)

  it("draws without colour where NO_COLOR is set", function()
    recipe 'return from "busybox":run "echo x"'
    local session <close> = on_terminal { NO_COLOR = "1", TERM = "xterm" }
    session:wait_for("sha256:")
    assert.equal(0, session:status())
    assert.not_matches("\27%[[%d;]*m", session:shown())
    assert.matches("DONE", session:shown())
  end)

  it("lets no control byte of a step reach the terminal", function()
    recipe [[return from "busybox":run "printf '\\033]0;owned\\007\\n'; exit 1"]]
    local session <close> = on_terminal { NO_COLOR = "1", TERM = "xterm" }
    assert.equal(1, session:status())
    assert.not_matches("\27]", session:shown(), 1, true)
    assert.not_matches("\7", session:shown(), 1, true)
    assert.matches("\\x1b]0;owned\\x07", session:shown(), 1, true)
  end)

  it("tells events as JSON, complete and in order", function()
    recipe [[return from "busybox":run "echo out; echo err >&2":run "true"]]
    local function events()
      local status, _, err = run("build", "--progress=json", dir)
      assert.equal(0, status, err)
      local names, list = {}, {}
      for line in err:gmatch("[^\n]+") do
        local event = assert(json.decode(line))
        list[#list + 1] = event
        if not event.event:find("phase$") then
          names[#names + 1] = event.event .. (event.id and " " .. event.id or "")
        end
      end
      return names, list
    end
    local names, list = events()
    local output = 0
    for i = #names, 1, -1 do
      if names[i] == "step.output 2" then
        output = output + 1
        table.remove(names, i)
      end
    end
    assert.equal(2, output)
    assert.same({ "build.started", "step.started 2", "step.log 2", "step.finished 2",
      "step.started 3", "step.finished 3", "build.finished" }, names)
    local phases = {}
    for _, event in ipairs(list) do
      if event.event == "step.phase" and event.id == 2 then phases[#phases + 1] = event.phase end
      if event.event == "step.finished" then assert.is_true(event.memory > 0) end
    end
    assert.same({ "wait", "look", "queue", "run", "seal" }, phases)
    local whole = {}
    for _, event in ipairs(list) do
      if event.event == "build.phase" then whole[#whole + 1] = event.phase end
    end
    assert.same({ "evaluate", "resolve", "solve", "export" }, whole)
    assert.same({ "build.started", "step.cached 2", "step.cached 3", "build.finished" },
      (events()))
  end)

  it("tells what a recipe and its instructions print, whatever else it shows", function()
    helper.write(dir .. "/tell.lua", [[instruction("tell", { apply = function(stage, call)
      print("PATH is", call.args[1])
      return stage
    end })]])
    helper.write(dir .. "/Dockerfile", "# lamina: use=./tell.lua\nFROM busybox\n"
      .. "ENV PATH=/own\nTELL $PATH\n")
    local said = "PATH is\t/own\n"
    for _, words in ipairs { { "build" }, { "build", "-q" }, { "build", "--progress=quiet" },
      { "build", "--check" }, { "check" }, { "expand" }, { "plan" }, { "graph" }, { "explain" } } do
      words[#words + 1] = dir
      local status, out, err = run(table.unpack(words))
      assert.equal(0, status, err)
      local _, count = err:gsub(said, "")
      assert.equal(1, count, table.concat(words, " ") .. ": " .. err)
      assert.is_nil(out:find("PATH is", 1, true))
    end
    local _, _, err = run("build", "--progress=json", dir)
    assert.matches('{"event":"recipe.said","line":"PATH is\\t/own","time":', err, 1, true)
    local session <close> = on_terminal { NO_COLOR = "1", TERM = "xterm" }
    session:wait_for "PATH is\t/own"
    assert.equal(0, session:status())
  end)

  it("tells what is printed before the recipe fails", function()
    recipe 'print "so far" error "stop"'
    local status, _, err = run("build", "-q", dir)
    assert.equal(1, status)
    assert.matches("^so far\nlamina: ", err)
  end)

  it("tells the bytes of long copies while they go on", function()
    helper.sh(("head -c 150000000 /dev/zero >%s/big"):format(dir))
    recipe [[return from "busybox":copy("big", "/")]]
    local status, _, err = run("build", "--progress=json", dir)
    assert.equal(0, status, err)
    assert.matches('"what":"copied"', err, 1, true)
    assert.matches('"what":"hashed"', err, 1, true)
  end)

  it("writes a Chrome trace, also of a build that fails", function()
    recipe [[local a = from "busybox":run "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"
      return { good = a, bad = a:run "exit 7" }]]
    local path = dir .. "/trace.json"
    local function steps()
      local found = {}
      for _, event in ipairs(assert(json.decode(helper.read(path))).traceEvents) do
        if event.cat == "step" then found[#found + 1] = event end
      end
      return found
    end
    run:ok("build", "-q", "--target", "good", "--trace", path, dir)
    local one = steps()[1]
    assert.equal("ran", one.args.status)
    assert.equal(1, one.args.line)
    assert.is_true(one.args.cpu_user_seconds + one.args.cpu_system_seconds > 0)
    assert.is_true(one.args.memory_peak_bytes > 100000)
    assert.equal(1, (run("build", "-q", "--target", "bad", "--trace", path, dir)))
    local both = steps()
    assert.equal("cached", both[1].args.status)
    assert.equal("failed", both[2].args.status)
    assert.matches("exit status 7", both[2].args.message)
  end)

  it("tells a trace that can't be written before it builds", function()
    recipe 'return from "busybox":run "echo ran"'
    local status, _, err = run("build", "--progress=plain", "--trace", dir .. "/no/t.json", dir)
    assert.equal(1, status)
    assert.matches("/no/t.json: No such file or directory", err, 1, true)
    assert.not_matches("ran", err)
  end)
end)
