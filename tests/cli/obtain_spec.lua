-- Images that a build or a container needs and the store hasn't: from a real registry.
local digest = require "lamina.core.digest"
local fixtures = require "support.fixtures"
local helper = require "support.helper"
local layout = require "support.layout"
local media_type = require "lamina.image.media_type"
local registry = require "support.registry"

describe("an image that isn't in the store", function()
  local server, origin

  setup(function()
    server = registry.start()
    origin = fixtures.busybox_store()
    origin:ok("push", "-q", "busybox", server:name "a/busybox:v1")
  end)
  teardown(function()
    server:close()
    helper.cleanup()
  end)

  --- Runs lamina so that it may pull.
  local function lamina(run, line)
    return run:script("export LAMINA_PULL=missing; lamina " .. line)
  end

  --- A folder with a recipe; BOX in it is the image in the registry.
  local function recipe(text)
    local dir = helper.tmpdir()
    helper.write(dir .. "/recipe.lua", (text:gsub("BOX", server:name "a/busybox:v1")))
    return dir
  end

  --- Puts an image into the registry whose only file says what it is.
  local function tag(name, words, more)
    local it, tar = layout.new(), layout.layer("echo " .. words .. " >what")
    local of = it:manifest { layers = { it:blob(tar, media_type.layer) },
      diff_ids = { "sha256:" .. digest.sha256(tar) }, config = more }
    it:index { of }
    server:push("oci:" .. it.dir, name)
  end

  it("is pulled for `from` and for `copy`, once a build", function()
    local run = helper.store()
    tag("a/files:v1", "copied")
    server:log()
    local status, _, err = lamina(run, "build -t out " .. recipe(([[
      local a = from("BOX"):run "echo one >/one"
      local b = from("BOX"):run "echo two >/two"
      return image(a:copy("/two", "/two", { from = b }):copy("/what", "/", { from = %q }), {})
    ]]):format(server:name "a/files:v1")))
    assert.equal("", status == 0 and "" or err)
    assert.matches("#%x+ layer sha256:%x+, .-\n", err)
    local tops = 0
    for _, line in ipairs(server:log()) do
      if line:find "^GET /v2/a/busybox/manifests/v1 " then tops = tops + 1 end
    end
    assert.equal(1, tops)
    assert.equal("one\ntwo\ncopied\n", run:ok("run", "--rm", "out", "cat", "/one", "/two", "/what"))
    run:ok("fsck", "--deep")
  end)

  it("is looked up in its registry again with --pull", function()
    local run = helper.store()
    local dir = recipe(("return image(from(%q), { name = 'out' })"):format(
      server:name "a/moving:v1"))
    tag("a/moving:v1", "first")
    assert.equal(0, (lamina(run, "build -q " .. dir)))
    tag("a/moving:v1", "second")
    local function what(options)
      assert.equal(0, (lamina(run, ("build %s -o - %s >%s/tar"):format(options, dir, dir))))
      return select(2, helper.sh("tar -xOf " .. dir .. "/tar what"))
    end
    assert.equal("first\n", what "-q")
    assert.equal("second\n", what "-q --pull")
    assert.equal("second\n", what "-q")
  end)

  it("is found by its digest, and not asked for again", function()
    local run = helper.store()
    local name = server:name("a/busybox@" .. server:digest("a/busybox", "v1"))
    local dir = recipe(("return image(from(%q):run 'true', { name = 'out' })"):format(name))
    assert.equal(0, (lamina(run, "build -q " .. dir)))
    server:log()
    assert.equal(0, (lamina(run, "build -q " .. dir)))
    assert.same({}, server:log())
  end)

  it("is got for another platform without taking the name from the one that is there", function()
    local run = helper.store()
    run:ok("tag", run:ok("import", fixtures.busybox_tar()):match "%S+", server:name "a/arch:v1")
    local id = run:ok("inspect", "--format", "{{.Id}}", server:name "a/arch:v1")
    tag("a/arch:v1", "foreign", { architecture = "arm64" })
    assert.equal(0, (lamina(run, "build -q --platform linux/arm64 " .. recipe(
      ("return image(from(%q), { name = 'out' })"):format(server:name "a/arch:v1")))))
    assert.equal(id, run:ok("inspect", "--format", "{{.Id}}", server:name "a/arch:v1"))
  end)

  it("is pulled for `run`, unless --pull says never", function()
    local run, name = helper.store(), server:name "a/busybox:v1"
    local status, out, err = run("run", "--rm", "--pull", "never", name, "true")
    assert.same({ 125, "" }, { status, out })
    assert.matches("no image '", err)
    status, out, err = run("run", "--rm", "--pull", "missing", name, "echo", "hello")
    assert.same({ 0, "hello\n" }, { status, out })
    assert.matches("layer sha256:", err, 1, true)
    assert.same({ 0, "hello\n", "" }, { run("run", "--rm", "--pull", "missing", name, "echo",
      "hello") })
    assert.same({ 0, "", "" }, { run("run", "-q", "--rm", "--pull", "always", name, "true") })
  end)

  it("is told with all that may help when its registry doesn't have it", function()
    local run = helper.store()
    run:ok("import", fixtures.busybox_tar(), server:name "a/nothing:v1")
    local status, _, err = lamina(run, "run --rm " .. server:name "a/nothin:v1" .. " true")
    assert.equal(125, status)
    assert.matches("pull [%d.:]+/a/nothin:v1: [%d.:]+: manifest v1 .- status 404", err)
    assert.matches("hint: did you mean '", err, 1, true)
    status, _, err = lamina(run, "build -q " .. recipe(("return image(from %q, {})"):format(
      server:name "a/nothin:v1")))
    assert.equal(1, status)
    assert.matches("recipe.lua:1: pull ", err, 1, true)
  end)

  it("is what LAMINA_PULL may forbid, and nothing else than its three words", function()
    local run = helper.store()
    run:fails(125, "no image '", "run", server:name "a/busybox:v1", "true")
    local status, _, err = run:script("LAMINA_PULL=x lamina run busybox true")
    assert.equal(2, status)
    assert.matches("one of always, missing, never", err, 1, true)
  end)
end)
