-- What a configuration file changes, command by command.
local digest = require "lamina.core.digest"
local fixtures = require "support.fixtures"
local helper = require "support.helper"
local json = require "lamina.core.json"
local layout = require "support.layout"
local media_type = require "lamina.image.media_type"
local registry = require "support.registry"

describe("the configuration", function()
  teardown(helper.cleanup)

  local function write(text)
    local path = helper.tmpdir() .. "/config.yaml"
    os.execute("chmod go-w " .. helper.write(path, text))
    return path
  end

  --- Runs a shell line in which `lamina` is this one, with a configuration.
  local function with(run, text, line)
    return run:script(("export LAMINA_CONFIG=%s\n%s"):format(write(text), line))
  end

  --- The same for what must succeed: answers stdout and stderr.
  local function ok(run, text, line)
    local status, out, err = with(run, text, line)
    assert.equal(0, status, err)
    return out, err
  end

  --- A folder with a recipe.
  local function recipe(text)
    local dir = helper.tmpdir()
    helper.write(dir .. "/recipe.lua", text)
    return dir
  end

  describe("of registries", function()
    local server, image

    setup(function()
      server = registry.start()
      image = layout.good():tar()
      server:push("oci-archive:" .. image, "a/good:v1")
    end)
    teardown(function() server:close() end)

    it("names mirrors, which are asked first", function()
      server:log()
      local run = helper.store()
      ok(run, ("registries:\n  mirrored.invalid: { mirrors: [http://%s] }\n"):format(server.host),
        "lamina pull -q mirrored.invalid/a/good:v1")
      assert.matches("GET /v2/a/good/manifests/v1 200", table.concat(server:log(), "\n"), 1, true)
      assert.matches("mirrored.invalid/a/good", run:ok "images", 1, true)
      local status, _, err = with(run, "limits: { tries: 1 }",
        "lamina pull -q mirrored.invalid/a/good:v1")
      assert.equal(1, status)
      assert.matches("mirrored.invalid", err, 1, true)
    end)

    it("allows what is insecure, where it says so", function()
      local name = ("127.1:%s/a/good:v1"):format(server.port) -- which isn't taken for this machine
      local run = helper.store()
      local status = with(run, "limits: { tries: 1 }", "lamina pull -q " .. name)
      assert.equal(1, status)
      local text = ("registries: { '127.1:%s': { insecure: true } }"):format(server.port)
      ok(run, text, "lamina pull -q " .. name)
      server:log()
      ok(run, text, ("lamina push -q %s %s"):format(name, name:gsub("good", "again")))
      assert.matches("/v2/a/again/manifests/v1 201", table.concat(server:log(), "\n"), 1, true)
    end)

    it("asks for TLS on this machine, too, and names who is trusted", function()
      local text = ("limits: { tries: 1 }\nregistries: { '%s': { insecure: false } }"):format(
        server.host)
      assert.equal(1, (with(helper.store(), text, "lamina pull -q " .. server:name "a/good:v1")))
      local dir = registry.certificates()
      local tls <close> = registry.start { certificates = dir, asks_certificates = true }
      local function pull(more)
        return with(helper.store(), ("registries: { '%s': { %s } }"):format(tls.host, more),
          "lamina pull -q " .. tls:name "a/b:v1")
      end
      helper.sh(("cat %s/server.crt %s/server.key >%s/both.pem"):format(dir, dir, dir))
      for _, case in ipairs {
        { "insecure: false", "certificate" },
        { "ca: %s/ca.crt", "127.0.0.1" },
        { "ca: %s/ca.crt, cert: %s/server.crt, key: %s/server.key", "status 404" },
        { "ca: %s/ca.crt, cert: %s/both.pem", "status 404" },
        { "ca: %s/none.crt", "there is no " .. dir .. "/none.crt" },
        { "key: %s/server.key", "a key is set for it, and no certificate" },
      } do
        local status, _, err = pull((case[1]:gsub("%%s", dir)))
        assert.equal(1, status)
        assert.matches(case[2], err, 1, true, case[1])
      end
    end)

    it("names the caches that builders share", function()
      local first, second = fixtures.busybox_store(), fixtures.busybox_store()
      local dir = recipe [[return from "busybox":run "echo x >/f"]]
      local text = ("build: { cache-from: [%s], cache-to: ['type=registry,ref=%s'] }"):format(
        server:name "a/cache", server:name "a/cache")
      ok(first, text, "lamina build -q " .. dir)
      local _, err = ok(second, text, "lamina build --progress plain " .. dir)
      assert.matches("CACHED", err, 1, true)
      _, err = ok(fixtures.busybox_store(), text,
        ("lamina build --progress plain --cache-from %s %s"):format(server:name "a/none", dir))
      assert.not_matches("CACHED", err, 1, true)
    end)

    it("says how many layers are on their way at the same time", function()
      local it, parts = layout.new(), { layers = {}, diff_ids = {} }
      for i = 1, 3 do
        local tar = layout.layer(("echo %d >f%d"):format(i, i))
        parts.layers[i] = it:blob(tar, media_type.layer)
        parts.diff_ids[i] = "sha256:" .. digest.sha256(tar)
      end
      it:index { (it:manifest(parts)) }
      server:push("oci:" .. it.dir, "a/three:v1")
      local function order(text, line)
        local words = {}
        for word in select(2, ok(helper.store(), text, line)):gmatch '"transfer.(%l+)"' do
          if word ~= "progress" then words[#words + 1] = word end
        end
        return table.concat(words, " ")
      end
      local line = "lamina pull --progress json " .. server:name "a/three:v1"
      assert.equal("started finished started finished started finished",
        order("limits: { transfers: 1 }", line))
      assert.matches("^started started started", order("", line))
      local name = server:name "a/three:v1"
      line = ("lamina pull -q %s; lamina push --progress json %s %s"):format(name, name,
        server:name "b/three:v1")
      assert.matches("^started %l+ started %l+ started %l+$",
        order("limits: { transfers: 1 }", line))
    end)

    it("says when images are looked up", function()
      local run = helper.store()
      local status, _, err = run:script(("unset LAMINA_PULL; export LAMINA_CONFIG=%s; "
        .. "lamina run --rm %s true"):format(write "pull: never", server:name "a/good:v1"))
      assert.equal(125, status)
      assert.matches("no image", err, 1, true)
      server:log()
      run:script(("unset LAMINA_PULL; export LAMINA_CONFIG=%s; lamina run --rm %s true"):format(
        write "pull: missing", server:name "a/good:v1"))
      assert.is_true(#server:log() > 0)
    end)
  end)

  describe("of builds", function()
    local run

    before_each(function() run = fixtures.busybox_store() end)

    it("says how many steps run at the same time", function()
      local dir = recipe [[
        local stages = { from "busybox" }
        for i = 1, 3 do
          local command = "mkdir /c/alone && sleep 0.2 && rmdir /c/alone # " .. i
          stages[#stages + 1] = from "busybox":run(command, { mounts = { cache "/c" } })
        end
        return merge(stages)]]
      ok(run, "build: { jobs: 1 }", "lamina build -q " .. dir)
      local status, _, err = with(run, "build: { jobs: 1 }",
        "lamina build -q --no-cache -j 3 " .. dir)
      assert.equal(1, status)
      assert.matches("can't create directory '/c/alone'", err, 1, true)
    end)

    it("says which network steps have, as the option does", function()
      local dir = recipe [[return from "busybox":run "cat /proc/net/dev"]]
      local function is_cached(text, line)
        return ok(run, text, "lamina build --dry-run " .. line .. " " .. dir):find("^CACHED") ~= nil
      end
      ok(run, "build: { network: none }", "lamina build -q " .. dir)
      assert.is_true(is_cached("build: { network: none }", ""))
      assert.is_true(is_cached("", "--network none"))
      assert.is_false(is_cached("", ""))
      assert.is_false(is_cached("build: { network: none }", "--network default"))
      assert.matches("cached", ok(run, "build: { network: none }", "lamina explain " .. dir))
    end)

    it("says how progress is shown", function()
      local dir = recipe [[return from "busybox"]]
      local _, err = ok(run, "build: { progress: json }", "lamina build " .. dir)
      assert.is_table(json.decode(err:match("^[^\n]+")))
      _, err = ok(run, "build: { progress: json }", "lamina build --progress quiet " .. dir)
      assert.equal("", err)
    end)

    it("may ask for the disk", function()
      if helper.sh("strace -o /dev/null true") ~= 0 then return pending("strace can't trace") end
      local dir, log = recipe [[return from "busybox":run "echo x >/f"]], helper.tmpdir() .. "/log"
      local function syncs(option)
        local status, _, err = helper.sh(("LAMINA_CONFIG=%s LAMINA_ROOT=%s strace -qq "
          .. "-e trace=syncfs -o %s %s build -q %s %s"):format(write "build: { sync: true }",
          run.root, log, helper.quote(helper.lamina_path), option, dir))
        assert.equal(0, status, err)
        return helper.read(log):find("syncfs(", 1, true) ~= nil
      end
      assert.is_true(syncs "")
      assert.is_false(syncs "--sync=false")
    end)

    it("limits what a recipe may be and do", function()
      local dir = recipe 'local n = 0 for i = 1, 1e5 do n = n + i end return from "busybox"'
      ok(run, "", "lamina build -q " .. dir)
      for _, case in ipairs {
        { "recipe-instructions: 2000", "it takes too many instructions" },
        { "recipe-size: 10", "larger than 10 bytes" },
      } do
        local status, _, err = with(run, "limits: { " .. case[1] .. " }", "lamina build -q " .. dir)
        assert.equal(1, status)
        assert.matches(case[2], err, 1, true)
      end
      local status, _, err = with(run, "limits: { recipe-time: 100ms }", "lamina build -q "
        .. recipe "while true do end")
      assert.equal(1, status)
      assert.matches("it takes longer than 0.1 seconds\nhint: limits.recipe-time", err, 1, true)
      status, _, err = with(run, "limits: { recipe-memory: 2MiB }", "lamina build -q " .. recipe
        "local s = ('x'):rep(3000000) return from 'busybox'")
      assert.equal(1, status)
      assert.matches("not enough memory", err, 1, true)
    end)

    it("lets a Dockerfile be larger, or smaller", function()
      local dir = helper.tmpdir()
      helper.write(dir .. "/Dockerfile", "FROM busybox\n#" .. ("x"):rep(1 << 20) .. "\n")
      local status, _, err = with(run, "", "lamina build -q " .. dir)
      assert.equal(1, status)
      assert.matches("larger than 1048576 bytes\nhint: limits.recipe-size", err, 1, true)
      ok(run, "limits: { recipe-size: 2MiB }", "lamina build -q " .. dir)
      ok(run, "limits: { recipe-size: 2MiB }", "lamina build -q - <" .. dir .. "/Dockerfile")
    end)

    it("limits the logs and how many builds are told of", function()
      local dir = recipe [[return from "busybox":run "seq 1000"]]
      local text = "limits: { log-size: 1KiB, builds: 2 }"
      ok(run, text, "lamina build -q " .. dir)
      assert.matches("the log of a step ends after 1.02kB", run:ok "logs", 1, true)
      ok(run, text, ("for i in 1 2 3; do lamina build -q %s; done"):format(dir))
      assert.equal(2, select(2, run:ok("logs", "--list"):gsub("\n", "")))
    end)

    it("keeps some of the build cache from prune", function()
      local dir = recipe [[return from "busybox":run "echo x >/f"]]
      run:ok("build", "-q", dir)
      local text = "prune: { keep-storage: 1GB }"
      ok(run, text, "lamina prune --force")
      assert.matches("^CACHED", run:ok("build", "--dry-run", dir))
      ok(run, text, "lamina prune --force --keep-storage 0")
      assert.matches("^RUN", run:ok("build", "--dry-run", dir))
    end)
  end)

  it("limits what archives may hold, wherever they come from", function()
    local server <close>, run, dir = registry.start(), fixtures.busybox_store(), helper.tmpdir()
    local other, name = helper.store(), server:name "a/b:v1"
    run:ok("save", "-o", dir .. "/image.tar", "busybox")
    run:ok("push", "-q", "busybox", name)
    run:ok("pull", "-q", name) -- the blob that it was sent as is kept
    run:ok("run", "--name", "box", "busybox", "true")
    helper.write(dir .. "/Dockerfile", "FROM busybox\nADD busybox.tar /to/\n")
    os.execute(("cp %s %s/busybox.tar; cd %s; tar -cf all.tar Dockerfile busybox.tar"):format(
      fixtures.busybox_tar(), dir, dir))
    for _, case in ipairs { { other, "import busybox.tar other" }, { other, "load -i image.tar" },
      { other, "pull -q " .. name }, { run, "build -q ." }, { run, "build -q - <all.tar" },
      { run, "cp - box:/tmp <busybox.tar" },
      { run, ("push -q --compression zstd %s %s"):format(name, server:name "a/c:v1") } } do
      local status, _, err = with(case[1], "limits: { archive-bytes: 10KiB, tries: 1 }",
        ("cd %s; lamina %s"):format(dir, case[2]))
      assert.equal(1, status, case[2])
      assert.matches("the limit 'bytes' of 10240", err, 1, true, case[2])
    end
    local make = ("cd %s; dd if=/dev/zero of=zeros bs=1M count=80 2>/dev/null; "
      .. "tar -cf - zeros all.tar image.tar | gzip -1 | lamina import - x"):format(dir)
    for limit, said in pairs { ["entries: 2"] = "'entries' of 2", ["ratio: 2"] = "'ratio' of 2" } do
      local status, _, err = with(other, "limits: { archive-" .. limit .. " }", make)
      assert.equal(1, status)
      assert.matches("the limit " .. said, err, 1, true)
    end
  end)

  it("names the store, which the environment and the command line may name, too", function()
    local dir = helper.tmpdir()
    local line = ("env -u LAMINA_ROOT LAMINA_CONFIG=%s %%s %s images -q %%s"):format(
      write("store: " .. dir .. "/set"), helper.quote(helper.lamina_path))
    local function made(environment, option)
      local status, _, err = helper.sh(line:format(environment, option))
      assert.equal(0, status, err)
      local _, names = helper.sh("ls " .. dir)
      helper.sh("rm -rf " .. dir .. "/*")
      return names
    end
    assert.equal("set\n", made("", ""))
    assert.equal("variable\n", made("LAMINA_ROOT=" .. dir .. "/variable", ""))
    assert.equal("option\n", made("LAMINA_ROOT=" .. dir .. "/variable",
      "--root " .. dir .. "/option"))
  end)

  it("is told with file and line when it is wrong, before anything is done", function()
    local run, path = helper.store(), write "build:\n  job: 3\n"
    local status, out, err = run:script(("LAMINA_CONFIG=%s lamina images"):format(path))
    assert.same({ 1, "", ("lamina: %s:2: unknown key 'build.job'\nhint: did you mean 'jobs'?\n")
      :format(path) }, { status, out, err })
    assert.is_nil(io.open(run.root))
    for _, line in ipairs { "lamina version", "lamina help build", "lamina build --help" } do
      assert.equal(0, (run:script(("export LAMINA_CONFIG=%s; %s"):format(path, line))))
    end
  end)

  it("is the user's before the system's, registry by registry", function()
    local top = helper.tmpdir()
    local script = ([[
      mkdir -p %s/etc/lamina %s/home/lamina && cd %s
      echo 'pull: never
limits: { tries: 3, stall: 9s }
registries: { a.example: { insecure: true }, b.example: { insecure: true } }' \
        >etc/lamina/config.yaml
      echo 'limits: { tries: 4 }
registries: { a.example: { mirrors: [http://m] }, b.example: { insecure: false } }' \
        >home/lamina/config.yaml
      chmod -R go-w etc home
      mount -t overlay overlay -o lowerdir=%s/etc:/etc /etc || exit 99
      unset LAMINA_CONFIG LAMINA_PULL
      XDG_CONFIG_HOME=%s/home %s doctor --json --root %s/store]]):format(top, top, top, top, top,
      helper.quote(helper.lamina_path), top)
    local status, out, err = helper.sh("unshare -rm sh -c " .. helper.quote(script))
    if status == 99 then return pending("no overlay over /etc: " .. err) end
    local answer, set = assert(json.decode(out), err), {}
    for _, one in ipairs(answer.settings) do set[one.name] = { one.value, one.from } end
    local user, system = top .. "/home/lamina/config.yaml", "/etc/lamina/config.yaml"
    assert.same({ { path = user, read = true }, { path = system, read = true } },
      { table.unpack(answer.configuration) })
    assert.same({ "never", system .. ":1" }, set.pull)
    assert.same({ 4, user .. ":1" }, set["limits.tries"])
    assert.same({ "9s", system .. ":2" }, set["limits.stall"])
    assert.same({ true, system .. ":3" }, set["registries.a.example.insecure"])
    assert.same({ "http://m", user .. ":2" }, { set["registries.a.example.mirrors"][1][1],
      set["registries.a.example.mirrors"][2] })
    assert.same({ false, user .. ":2" }, set["registries.b.example.insecure"])
  end)
end)
