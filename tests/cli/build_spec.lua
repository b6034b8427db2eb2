local fixtures = require "support.fixtures"
local helper = require "support.helper"
local json = require "lamina.core.json"

--- A store with busybox, and a folder to build in: `run(...)`, `build(recipe, ...)`.
local function workshop()
  local run, dir = helper.store(), helper.tmpdir()
  assert(run("import", fixtures.busybox_tar(), "busybox") == 0)
  local function build(recipe, ...)
    helper.write(dir .. "/recipe.lua", recipe)
    local words = { "build", "--progress=plain", ... }
    words[#words + 1] = dir
    return run(table.unpack(words))
  end
  return run, build, dir
end

local function count(text, word)
  return select(2, text:gsub(word, ""))
end

describe("lamina build", function()
  local run, build, dir

  before_each(function() run, build, dir = workshop() end)
  after_each(helper.cleanup)

  it("makes an image, and runs nothing the second time", function()
    local recipe = [[
      local s = from "busybox"
        :run "echo one >/one"
        :run "cat /one; echo two >/two"
      return image(s, { name = "x/y:1", cmd = { "cat", "/two" } })]]
    local status, id, progress = build(recipe)
    assert.equal(0, status, progress)
    assert.matches("^sha256:%x+\n$", id)
    assert.equal(2, count(progress, "DONE"))
    assert.matches("#3 one\n", progress, 1, true)
    assert.equal("two\n", (select(2, run("run", "--rm", "x/y:1"))))
    local again, same, quiet = build(recipe)
    assert.equal(0, again)
    assert.equal(id, same)
    assert.equal(0, count(quiet, "DONE"))
    assert.equal(2, count(quiet, "CACHED"))
  end)

  it("says what a dry run would do, and does nothing", function()
    local recipe = 'return from "busybox":run "echo 1 >/1":run "echo 2 >/2"'
    local status, out = build(recipe, "--dry-run")
    assert.equal(0, status)
    assert.equal(2, count(out, "RUN   "))
    assert.matches('RUN     run "echo 1 >/1"', out, 1, true)
    build('return from "busybox":run "echo 1 >/1"')
    out = select(2, build(recipe, "--dry-run"))
    assert.equal(1, count(out, "CACHED"))
    assert.equal(1, count(out, "RUN   "))
  end)

  it("words a failed command with its step and line, and shows what it wrote", function()
    local status, out, err = build 'return from "busybox"\n  :run "true"\n  :run "echo why; exit 3"'
    assert.equal(1, status)
    assert.equal("", out)
    assert.matches('lamina: step 3 (run "echo why; exit 3"), ' .. dir
      .. "/recipe.lua:3: exit status 3\nwhy\n", err, 1, true)
  end)

  it("tells mistakes of the recipe with file and line", function()
    for recipe, message in pairs {
      ["return from 'busybox'\n  :run = 5"] = "recipe.lua:2: ",
      ["return from 'busybox'\n  :rnu 'x'"] = "recipe.lua:2: a stage has no method 'rnu'\n"
        .. "hint: did you mean 'run'?",
      ["return from 'busybox'\n:copy('nope', '/')"] = 'step 2 (copy "nope" "/"), ' .. dir
        .. "/recipe.lua:2: 'nope' isn't in the build context",
      ["return from 'busybix'"] = "no image 'busybix'",
      ["return from 'busybox':user 'nobody':run 'true'"] = "nobody",
      ["return from 'busybox':stopsignal 'SIGNOPE'"] = "'SIGNOPE' is no signal",
      ["return from 'busybox':run('true', { network = 'host' })"] = "'--allow network.host' allows",
      ["while true do end"] = "it takes too many instructions",
    } do
      local status, _, err = build(recipe)
      assert.equal(1, status, recipe)
      assert.matches(message, err, 1, true)
      assert.not_matches("internal error", err)
    end
    assert.equal("", (select(2, run("images", "-q", "--filter", "dangling=true"))))
  end)

  it("refuses wrong usage with status 2 and a hint", function()
    for _, case in ipairs {
      { { "--target" }, "needs a value" }, { { "--tga", "x" }, "did you mean '--tag'?" },
      { { "-t", "UPPER" }, "UPPER" }, { { "--label", "x" }, "NAME=VALUE expected" },
      { { "--secret", "src=x" }, "an id expected" },
      { { "--build-arg", "=x" }, "NAME[=VALUE] expected" },
      { { "--platform", "," }, "invalid platform ''" },
      { { "--platform", "linux/amd64," }, "invalid platform ''" },
    } do
      helper.write(dir .. "/recipe.lua", "return from 'busybox'")
      local status, _, err = run("build", dir, table.unpack(case[1]))
      assert.is_true(status == 2 or status == 1 and case[2] == "UPPER", err)
      assert.matches(case[2], err, 1, true)
    end
    local status, _, err = run("build", helper.tmpdir())
    assert.equal(1, status)
    assert.matches("no recipe: there is no", err)
    status, _, err = run("build", dir .. "/missing")
    assert.equal(1, status)
    assert.matches("build context", err)
  end)

  it("runs steps that don't need each other at the same time", function()
    -- each waits for the other's file, which it sees in the cache both mount
    local status, _, err = build [[
      local shared = { mounts = { cache("/c", { id = "meet" }) } }
      local function meet(mine, other)
        return from "busybox":run("touch /c/" .. mine .. "; n=0; until [ -e /c/" .. other
          .. " ]; do n=$((n+1)); [ $n -lt 600 ] || exit 1; sleep 0.05; done", shared)
      end
      local a, b = meet("a", "b"), meet("b", "a")
      return from "busybox":copy("/bin/true", "/a", { from = a })
        :copy("/bin/true", "/b", { from = b })]]
    assert.equal(0, status, err)
  end)

  it("runs no more steps at the same time than --jobs says", function()
    local recipe = [[
      local stages = { from "busybox" }
      for i = 1, 4 do
        stages[#stages + 1] = from "busybox":run("mkdir /c/alone && sleep 0.2 && rmdir /c/alone # "
          .. i, { mounts = { cache "/c" } })
      end
      return merge(stages)]]
    local status, _, err = build(recipe, "--jobs", "1")
    assert.equal(0, status, err)
    status, _, err = build(recipe, "--jobs", "4", "--no-cache")
    assert.equal(1, status)
    assert.matches("can't create directory '/c/alone'", err, 1, true)
    status, _, err = build(recipe, "--jobs", "0")
    assert.equal(2, status)
    assert.matches("jobs", err)
  end)

  it("makes equal steps once and unneeded ones never", function()
    local status, _, progress = build [[
      local function once() return from "busybox":run "echo ran" end
      local _ = from "busybox":run "echo never"
      return merge { once(), once() }]]
    assert.equal(0, status, progress)
    assert.equal(1, count(progress, "ran\n"))
    assert.equal(0, count(progress, "never"))
  end)

  it("keeps what was finished when a step fails, and makes no image", function()
    local first = 'return image(from "busybox":run "echo kept >/k"'
    local status = build(first .. ':run "false", { name = "half" })')
    assert.equal(1, status)
    assert.equal(1, (run("inspect", "half")))
    local _, _, progress = build(first .. ', { name = "half" })')
    assert.equal(1, count(progress, "CACHED"))
    assert.equal(0, count(progress, "DONE"))
  end)

  it("goes on with the cache where a step that ran again has the same result", function()
    local function recipe(words)
      return 'return from "busybox":run "' .. words .. ' echo same >/f; touch -d @1 /f; '
        .. 'touch -d @1 /":run "echo child"'
    end
    assert.equal(0, (build(recipe ": 1;")))
    local _, _, progress = build(recipe ": 2;")
    assert.equal(1, count(progress, "DONE"))
    assert.equal(1, count(progress, "CACHED"))
  end)

  it("doesn't look into the cache with --no-cache, or for a step with cache = false", function()
    local recipe = 'return from "busybox":run("true", { cache = false }):run "echo 2 >/dev/null"'
    build(recipe)
    local progress = select(3, build(recipe))
    assert.equal(1, count(progress, "DONE"))
    progress = select(3, build(recipe, "--no-cache"))
    assert.equal(2, count(progress, "DONE"))
  end)

  it("takes build arguments from the command line and from the caller's environment", function()
    local recipe = 'return image(from "busybox":arg("A", "none"):arg "B":label { a = "$A$B" }'
      .. ', { name = "args" })'
    local function label()
      return (select(2, run("inspect", "--format", "{{.Config.Labels.a}}", "args")))
    end
    build(recipe)
    assert.equal("none\n", label())
    build(recipe, "--build-arg", "A=1", "--build-arg", "B=2")
    assert.equal("12\n", label())
  end)

  it("builds the target that is asked for", function()
    local recipe = [[
      local a = from "busybox"
      return { app = image(a:label { which = "app" }, { name = "t:app" }),
        test = image(a:label { which = "test" }, { name = "t:test" }), default = "app" }]]
    assert.equal(0, (build(recipe)))
    assert.equal(1, (run("inspect", "t:test")))
    assert.equal(0, (build(recipe, "--target", "test")))
    assert.equal(0, (run("inspect", "t:test")))
    local status, _, err = build(recipe, "--target", "tset")
    assert.equal(1, status)
    assert.matches("did you mean 'test'?", err, 1, true)
  end)

  it("names the image as -t says, and writes its id and labels", function()
    local status, id = build('return from "busybox"', "-t", "one:1", "-t", "reg.io:5000/two",
      "--label", "l=v", "--iidfile", dir .. "/iid")
    assert.equal(0, status)
    assert.equal(id, helper.read(dir .. "/iid") .. "\n")
    local _, both = run("inspect", "--format", "{{.Id}} {{.Config.Labels.l}}", "one:1",
      "reg.io:5000/two")
    assert.equal((id:gsub("\n", "") .. " v\n"):rep(2), both)
  end)

  it("tells programs what happens as JSON lines, and the result as JSON", function()
    helper.write(dir .. "/recipe.lua", 'return from "busybox":run "echo \\27[31mred"')
    local status, out, err = run("build", "--progress=json", "--format=json", dir)
    assert.equal(0, status)
    local seen = {}
    for line in err:gmatch("[^\n]+") do
      local event = assert(json.decode(line))
      seen[event.event] = event
    end
    assert.equal("\\x1b[31mred", seen["step.output"].line)
    assert.is_truthy(seen["build.finished"])
    assert.matches("^sha256:", assert(json.decode(out)).image)
  end)

  it("prints the result as a template says, and tells a wrong one before it builds", function()
    helper.write(dir .. "/recipe.lua", 'return image(from "busybox", { name = "x/y" })')
    local id = run:ok("build", "-q", dir)
    assert.equal(id:match("%S+") .. " docker.io/x/y:latest\n",
      run:ok("build", "-q", "--format", "{{.image}} {{index .names 0}}", dir))
    assert.equal(id .. id, run:ok("build", "-q", "--format", "{{.image}}\n{{.image}}", dir))
    run:fails(2, "there is no field '.imgae'\nhint: did you mean '.image'", "build", "--format",
      "{{.imgae}}", dir)
    run:fails(2, "'{{' without '}}'", "build", "--format", "{{.image", dir .. "/nowhere")
  end)

  it("is made from an image by its name, or by as much of its id as listings show", function()
    local id = run:ok("images", "-q", "--no-trunc", "busybox"):match ":(%x+)"
    for _, case in ipairs { { 11, 1 }, { 12, 0 }, { 64, 0 } } do
      local status, _, err = build(('return from "%s"'):format(id:sub(1, case[1])), "-q")
      assert.equal(case[2], status, err)
      if status ~= 0 then assert.matches("no image '" .. id:sub(1, 11) .. "' in the store", err) end
    end
    assert.equal("", run:ok("run", "--rm", id:sub(1, 11), "true"))
  end)

  it("warns of build arguments that nothing asks for", function()
    local recipe = 'local v = arg("VERSION", "1") return from "busybox":env { V = v }'
    local status, _, err = build(recipe, "--build-arg", "VERZION=2", "--build-arg", "VERSION=2",
      "--build-arg", "http_proxy=http://x", "--build-arg", "BUILDKIT_INLINE_CACHE=1")
    assert.equal(0, status)
    assert.equal("warning: nothing asks for the build argument 'VERZION'\n", err)
    helper.write(dir .. "/recipe.lua", recipe)
    assert.equal("", select(3, run("build", "-q", "--build-arg", "VERZION=2", dir)))
  end)

  it("leaves the disk to the kernel, or waits for it with --sync", function()
    helper.write(dir .. "/recipe.lua", 'return from "busybox":copy({ a = "b" }, "/")')
    local function syncs(flag)
      local _, calls = helper.sh(("LAMINA_ROOT=%s strace -f -e trace=syncfs %s build -q %s %s 2>&1")
        :format(run.root, helper.lamina_path, flag, dir))
      return calls:match "syncfs%(%d+%)"
    end
    assert.is_nil(syncs "")
    assert.is_truthy(syncs "--sync")
  end)

  it("reads a recipe from standard input", function()
    local status, id, err = helper.sh(("LAMINA_ROOT=%s %s build -q -f - %s"):format(run.root,
      helper.lamina_path, dir), 'return from "busybox":label { a = "b" }')
    assert.equal(0, status, err)
    assert.matches("^sha256:", id)
    status, id, err = helper.sh(("LAMINA_ROOT=%s %s build -q -f - %s"):format(run.root,
      helper.lamina_path, dir), "nonsense")
    assert.equal(1, status)
    assert.equal("", id)
    assert.matches("lamina: <stdin>:1:", err, 1, true)
  end)

  it("runs steps with their own user, environment, directory and network", function()
    local status, _, progress = build [[
      return from "busybox":env { E = "image" }:workdir "/w":user "guest"
        :run "id -un; pwd; echo $E"
        :run("id -u; echo $E", { user = "0", env = { E = "step" }, network = "none" })]]
    assert.equal(0, status, progress)
    assert.matches("#5 guest\n#5 /w\n#5 image\n", progress, 1, true)
    assert.matches("#6 0\n#6 step\n", progress, 1, true)
  end)

  it("ends a command that takes longer than its timeout", function()
    local status, _, err = build 'return from "busybox":run("sleep 600", { timeout = "100ms" })'
    assert.equal(1, status)
    assert.matches("killed after 100ms, its timeout", err, 1, true)
  end)

  it("kills what a step leaves behind before its layer is read (SEMANTICS 68)", function()
    assert.equal(0, (build [[return image(from "busybox"
      :run "(sleep 0.3; echo late >/late) & echo now >/now", { name = "left" })]]))
    assert.equal("now\n", (select(2, run("run", "--rm", "left", "sh", "-c",
      "sleep 0.5; ls / | grep -x -e late -e now"))))
  end)

  it("leaves no stub of what it mounts in a layer (SEMANTICS 63)", function()
    local status, out, err = build [[return image(from "busybox":run("true", { mounts = {
      cache "/deep/er/cache", tmpfs "/t", bind { target = "/src" } } }), { name = "stubs" })]]
    assert.equal(0, status, err)
    assert.matches("sha256", out)
    local _, names = run("run", "--rm", "stubs", "ls", "/")
    for _, name in ipairs { "deep", "src" } do assert.not_matches("\n" .. name .. "\n", names) end
  end)

  it("keeps cache mounts between builds, and out of the image (SEMANTICS 67)", function()
    local function recipe(n)
      return ('return image(from "busybox":run("echo %d >>/c/log; cat /c/log", { mounts = { '
        .. 'cache "/c" } }), { name = "c" })'):format(n)
    end
    build(recipe(1))
    local _, _, progress = build(recipe(2))
    assert.matches("#2 1\n#2 2\n", progress, 1, true)
    assert.equal(1, (run("run", "--rm", "c", "cat", "/c/log")))
  end)

  it("gives a secret to its step alone: no layer, key or record has it (SEC-01)", function()
    helper.write(dir .. "/token", "hunter2secret")
    local recipe = [[return image(from "busybox":run("wc -c </run/secrets/t; wc -c </elsewhere",
      { mounts = { secret { id = "t", required = true },
        secret { id = "t", target = "/elsewhere" } } }),
      { name = "s" })]]
    local status, _, progress = build(recipe, "--secret", "id=t,src=" .. dir .. "/token")
    assert.equal(0, status, progress)
    assert.matches("#2 13\n#2 13\n", progress, 1, true)
    os.remove(dir .. "/token")
    for _, form in ipairs { "hunter2secret", "aHVudGVyMnNlY3Jl", "68756e746572327365637265" } do
      assert.equal(1, (helper.sh("grep -rqi " .. form .. " " .. run.root)), form)
    end
    status, _, progress = build(recipe:gsub("wc", "wc  "), "--secret", "id=u,env=HOME")
    assert.equal(1, status)
    assert.matches("the secret 't' isn't given", progress)
    helper.write(dir .. "/token", "other")
    progress = select(3, build(recipe, "--secret", "id=t,src=" .. dir .. "/token"))
    assert.equal(1, count(progress, "CACHED"), "a changed secret doesn't miss (SEMANTICS 77)")
  end)

  it("gives the same image at another time and in another store", function()
    local recipe = 'return from "busybox":copy({ ["a"] = "b" }, "/etc/"):workdir "/w/x"'
    helper.write(dir .. "/recipe.lua", recipe)
    local ids = {}
    for i = 1, 2 do
      local other = helper.store()
      other("import", fixtures.busybox_tar(), "busybox")
      local _, id, err = helper.sh(("umask %s; SOURCE_DATE_EPOCH=1700000000 LAMINA_ROOT=%s %s "
        .. "build -q %s"):format(i == 1 and "022" or "077", other.root, helper.lamina_path, dir))
      assert.equal("", err)
      local _, layers = other("inspect", "--format", "{{json .RootFS.Layers}}",
        (id:gsub("\n", "")))
      ids[i] = layers
    end
    assert.equal(ids[1], ids[2])
  end)

  it("clamps all times with a source date epoch, and gives the same id in another store", function()
    helper.write(dir .. "/recipe.lua", [[return image(from "busybox"
      :run "mkdir /d; echo x >/d/f; ln -s f /d/l; touch -d @1000000000 /d/old":env { A = "1" },
      { name = "epoch" })]])
    local ids = {}
    for i = 1, 2 do
      local other = helper.store()
      other("import", fixtures.busybox_tar(), "busybox")
      local _, id, err = other("build", "-q", "--source-date-epoch", "1500000000", dir)
      assert.equal("", err)
      ids[i] = (select(2, other("inspect", "--format",
        "{{.Created}} {{json .RootFS.Layers}}", (id:gsub("\n", "")))))
      assert.equal("1500000000\n1500000000\n1500000000\n1000000000\n", (select(2, other("run",
        "--rm", "epoch", "stat", "-c", "%Y", "/d", "/d/f", "/d/l", "/d/old"))))
    end
    assert.equal(ids[1], ids[2])
    assert.matches("^2017%-07%-14T02:40:00Z", ids[1])
    for _, wrong in ipairs { "yesterday", "253402300800", "99999999999999999999" } do
      local status, _, err = run("build", "--source-date-epoch", wrong, dir)
      assert.equal(2, status)
      assert.matches(("a number of seconds, not '%s'"):format(wrong), err, 1, true)
    end
  end)

  it("verifies: builds twice, and names the first file and attribute that differ", function()
    local status, _, err = build('return from "busybox":copy({ a = "b" }, "/x/")', "--verify")
    assert.equal(0, status, err)
    status, _, err = build('return from "busybox":run "true":run "cat /proc/sys/kernel/random/uuid'
      .. ' >/id; touch -d @1 /id"', "--verify")
    assert.equal(1, status)
    assert.matches("recipe.lua:1 isn't reproducible: file /id: content differs", err, 1, true)
    status, _, err = build('return from "busybox":run "sleep 1.1; echo 1 >/t"', "--verify")
    assert.equal(1, status)
    assert.matches("file /t: mtime is %d+, then %d+\nhint: %-%-source%-date%-epoch", err)
    status = build('return from "busybox":run "sleep 1.1; echo 1 >/t"', "--verify",
      "--source-date-epoch", "1")
    assert.equal(0, status)
  end)

  it("shares a store with other builds at the same time", function()
    local words = {}
    for i = 1, 4 do
      helper.write(("%s/r%d.lua"):format(dir, i), ([[
        return image(from "busybox":run "echo base >/b":run "echo %d >/n",
          { name = "both:%d" })]]):format(i, i))
      words[i] = ("LAMINA_ROOT=%s %s build -q -f %s/r%d.lua %s >/dev/null & p%d=$!"):format(
        run.root, helper.lamina_path, dir, i, dir, i)
    end
    local status, _, err = helper.sh(table.concat(words, "\n")
      .. "\nwait $p1 && wait $p2 && wait $p3 && wait $p4")
    assert.equal(0, status, err)
    for i = 1, 4 do
      assert.equal(i .. "\n", (select(2, run("run", "--rm", "both:" .. i, "cat", "/n"))))
    end
  end)

  it("leaves nothing behind on Ctrl-C", function()
    helper.write(dir .. "/recipe.lua", 'return from "busybox":run "echo up; sleep 987654"')
    local status, _, err = helper.sh(([[
      LAMINA_ROOT=%s %s build --progress=plain %s 2>%s/log & p=$!
      until grep -q 'up$' %s/log; do sleep 0.05; done
      kill -INT $p; wait $p; s=$?
      ! pgrep -f 'sleep 98765[4]' >/dev/null || s=99
      exit $s]]):format(run.root, helper.lamina_path, dir, dir, dir))
    assert.equal(130, status, err)
    assert.equal("", (select(2, helper.sh("ls " .. run.root .. "/tmp 2>/dev/null"))))
  end)
end)

describe("lamina plan", function()
  after_each(helper.cleanup)

  it("prints what a recipe evaluates to, and needs no store", function()
    local dir = helper.tmpdir()
    helper.write(dir .. "/recipe.lua", 'return from "debian"\n  :run "make"')
    local run = helper.store()
    local status, out = run("plan", "--build-arg", "A=1", dir)
    assert.equal(0, status)
    local plan = assert(json.decode(out))
    assert.equal("make", plan.steps[2].command)
    assert.equal(2, plan.steps[2].line)
    assert.equal(2, (helper.sh("ls " .. run.root)))
  end)

  it("prints nothing that a terminal acts on (SEC-02)", function()
    local dir = helper.tmpdir()
    helper.write(dir .. "/recipe.lua", 'return from "debian":run "\u{9b}2J"')
    local out = helper.store():ok("plan", dir)
    assert.is_nil(out:find("\u{9b}", 1, true))
    assert.equal("\u{9b}2J", json.decode(out).steps[2].command)
  end)
end)
