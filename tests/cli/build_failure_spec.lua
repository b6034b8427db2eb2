local expect = require "support.expect"
local fixtures = require "support.fixtures"
local helper = require "support.helper"

describe("lamina build, when a step fails", function()
  local run, dir

  local function recipe(text) helper.write(dir .. "/recipe.lua", text) end

  local function on_terminal(...)
    local words = { helper.quote(helper.lamina_path), "build", ... }
    words[#words + 1] = dir
    return expect.start(table.concat(words, " "), { LAMINA_ROOT = run.root, TERM = "xterm" })
  end

  before_each(function()
    run, dir = fixtures.busybox_store(), helper.tmpdir()
  end)
  after_each(helper.cleanup)

  it("tells a signal, and what SIGKILL was not", function()
    for text, expected in pairs {
      ["sh -c 'kill -TERM $$'; exit $?"] = "exit status 143\n",
      ["sh -c 'kill -KILL $$'; exit $?"] = "exit status 137\n.*hint: it wasn't memory",
      nope = "exit status 127\n.*hint: the command, or something it calls, isn't in this stage",
    } do
      recipe(('return from "busybox":run %q'):format(text))
      local status, _, err = run("build", "-q", dir)
      assert.equal(1, status)
      assert.matches(expected, err)
    end
  end)

  it("opens a shell in exactly that step, and throws away what is done there", function()
    recipe [[
      local tool = from "busybox":run "echo tool >/tool"
      return from "busybox":env { COLOUR = "green" }:workdir "/src"
        :run("echo half >/src/made; [ -e /src/fixed ]", { user = "root", env = { STEP = "one" },
          network = "none", mounts = { bind { from = tool, source = "/tool", target = "/t" },
            tmpfs { target = "/scratch" }, secret { id = "key", target = "/run/key" } } })]]
    helper.write(dir .. "/key", "hidden")
    local session <close> = on_terminal("--on-failure=shell", "--secret", "id=key,src=" .. dir
      .. "/key")
    session:wait_for("exit status 1")
    session:wait_for("'exit' leaves it")
    assert.matches("\n/src green one half tool hidden tmpfs\n", (session:command(
      "echo $(pwd) $COLOUR $STEP $(cat made /t /run/key) "
      .. "$(grep -o 'tmpfs /scratch' /proc/mounts | cut -d' ' -f1)")))
    assert.matches("\nlo\n", (session:command "ls /sys/class/net | sort | tr -d '\\t'"))
    session:command "touch fixed"
    session:type("exit\n")
    session:wait_for("lamina: step ")
    assert.equal(1, session:status())
    assert.equal(1, (run("build", "-q", "--secret", "id=key,src=" .. dir .. "/key", dir)))
    assert.equal("", (select(2, helper.sh("ls " .. run.root .. "/tmp"))))
  end)

  it("ends all other steps before the shell opens", function()
    recipe [[
      local shared = { mounts = { cache("/c", { id = "c" }) } }
      local slow = from "busybox":run("touch /c/up; sleep 876543", shared)
      local bad = from "busybox":run("until [ -e /c/up ]; do sleep 0.05; done; exit 4", shared)
      return merge { slow, bad }]]
    local session <close> = on_terminal "--on-failure=shell"
    session:wait_for("'exit' leaves it")
    assert.equal(1, (helper.sh("pgrep -f 'sleep 87654[3]'")))
    session:type("exit\n")
    assert.equal(1, session:status())
    assert.matches("exit status 4", session:shown())
  end)

  it("goes on with the failure where the stage has no shell", function()
    recipe [[return from "scratch":copy("/bin/busybox", "/busybox", { from = "busybox" })
      :run { "/busybox", "false" }]]
    local session <close> = on_terminal "--on-failure=shell"
    session:wait_for("/bin/sh: No such file")
    assert.equal(1, session:status())
    assert.matches("exit status 1", session:shown())
  end)

  it("wants a terminal for the shell, and says so before it builds", function()
    recipe 'return from "busybox":run "echo ran; false"'
    local status, _, err = run("build", "--progress=plain", "--on-failure=shell", dir)
    assert.equal(2, status)
    assert.matches("--on-failure=shell needs a terminal\nhint: ", err, 1, true)
    assert.not_matches("ran", err)
  end)

  it("ends on Ctrl-C at once, and keeps what was finished", function()
    recipe 'return from "busybox":run "echo kept":run "echo up; sleep 765432"'
    local session <close> = on_terminal()
    session:wait_for("   up")
    session:type("\3")
    assert.equal(130, session:status())
    assert.equal(1, (helper.sh("pgrep -f 'sleep 76543[2]'")))
    recipe 'return from "busybox":run "echo kept"'
    assert.matches("#2 CACHED", (select(3, run("build", "--progress=plain", dir))))
  end)

  it("ends on Ctrl-C while a large file of the context is read", function()
    helper.sh("truncate -s 8T " .. dir .. "/large") -- hours
    recipe 'return from "busybox":copy("large", "/")'
    local status, out = helper.sh(([[timeout --foreground -s KILL 60 %s 2>%s/log & pid=$!
      until grep -q build.started %s/log; do sleep 0.05; done
      kill -INT $pid; wait $pid; echo $?
      ls -A %s/tmp]]):format(run:line("build", "--progress=json", dir), dir, dir, run.root))
    assert.equal(0, status)
    assert.equal("130\n", out)
  end)

  it("lets nobody wait until all is removed that the step has written", function()
    recipe [[return from "busybox":run "mkdir /d; cd /d; touch $(seq 3000); exit 3"]]
    local rm = helper.write(dir .. "/rm", ([[#!/bin/sh
      read line <%s/pipe
      exec /bin/rm "$@"]]):format(dir))
    assert.equal(0, helper.sh(("chmod 755 %s; mkfifo %s/pipe"):format(rm, dir)))
    local status, _, err = helper.sh(("PATH=%s:$PATH %s"):format(dir, run:line("build", "-q", dir)))
    assert.equal(1, status)
    assert.matches("^lamina: step 2 %([^\n]*exit status 3\n$", err)
    local left = "ls " .. run.root .. "/tmp | wc -l"
    run:ok("prune", "--force") -- somebody else removes it: that is no work for a second one
    assert.equal("1\n", (select(2, helper.sh(left))))
    helper.sh("echo go >" .. dir .. "/pipe")
    assert.equal(0, helper.sh(("for i in $(seq 600); do [ $(%s) = 0 ] && exit; sleep 0.1; done; "
      .. "exit 1"):format(left)))
  end)
end)
