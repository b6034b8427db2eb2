local fixtures = require "support.fixtures"
local helper = require "support.helper"
local json = require "lamina.core.json"

describe("lamina images", function()
  local lamina, old, new

  setup(function()
    lamina = helper.store()
    local function import(epoch, words)
      local status, out, err = lamina:script(("SOURCE_DATE_EPOCH=%d lamina import %s"):format(
        epoch, (words:gsub("FILE", fixtures.busybox_tar()))))
      assert(status == 0, err)
      return out:match("%S+")
    end
    new = import(os.time() - 90, "--change 'LABEL kind=new' FILE debian:bookworm")
    old = import(1000000000, "--change 'LABEL kind=old' FILE localhost:5000/a/b:c")
    lamina:ok("tag", "debian:bookworm", "bombo/debian:git01")
    lamina:ok("tag", "debian:bookworm", "debian:latest")
  end)

  teardown(helper.cleanup)

  local function list(...)
    local status, out, err = lamina("images", "--format", "{{.Repository}}:{{.Tag}}", ...)
    assert.equal("", err)
    assert.equal(0, status)
    return (out:gsub("\n", " "))
  end

  it("shows the newest first under Docker's titles, an image once a name (SEMANTICS 98)", function()
    local id, earlier = new:sub(8, 19), old:sub(8, 19)
    local _, out = lamina("images")
    assert.equal(([[
REPOSITORY           TAG        IMAGE ID       CREATED              SIZE
bombo/debian         git01      NEW   About a minute ago   1.98MB
debian               bookworm   NEW   About a minute ago   1.98MB
debian               latest     NEW   About a minute ago   1.98MB
localhost:5000/a/b   c          OLD   YEARS ago         1.98MB
]]):gsub("NEW", id):gsub("OLD", earlier):gsub("YEARS", out:match("%d+ years")), out)
  end)

  it("takes a name or a pattern", function()
    assert.equal("debian:bookworm debian:latest ", list("debian"))
    assert.equal("debian:bookworm ", list("debian:bookworm"))
    assert.equal("bombo/debian:git01 ", list("bombo/*"))
    assert.equal("localhost:5000/a/b:c ", list("localhost:5000/a/b"))
    assert.equal("", list("nothing"))
  end)

  it("filters", function()
    assert.equal("localhost:5000/a/b:c ", list("--filter", "label=kind=old"))
    assert.equal("localhost:5000/a/b:c ", list("--filter", "before=debian"))
    assert.equal("bombo/debian:git01 debian:bookworm debian:latest ",
      list("--filter", "since=localhost:5000/a/b:c"))
    assert.equal("debian:latest localhost:5000/a/b:c ",
      list("--filter", "reference=*:latest", "--filter", "reference=localhost:5000/*/*"))
    assert.equal("", list("--filter", "dangling=true"))
    helper.store():fails(2, "true or false, not 'maybe'", "images", "--filter", "dangling=maybe")
  end)

  it("refuses a filter that means nothing", function()
    local status, _, err = lamina("images", "--filter", "lable=x")
    assert.equal(2, status)
    assert.matches("did you mean 'label'?", err, 1, true)
    status, _, err = lamina("images", "--filter", "reference=[")
    assert.equal(2, status)
    assert.matches("filter 'reference' is a name or a pattern", err, 1, true)
    status, _, err = lamina("images", "--filter", "before=debain")
    assert.equal(1, status)
    assert.matches("no image 'debain' in the store\nhint: did you mean 'debian'?", err, 1, true)
  end)

  it("shows an image without a name as <none>", function()
    local other = fixtures.busybox_store()
    other:ok("import", "--message", "new", fixtures.busybox_tar(), "busybox")
    local _, out = other("images", "--filter", "dangling=true")
    assert.matches("\n<none>       <none>    %x+ ", out)
    assert.equal(2, select(2, out:gsub("\n", "")))
  end)

  it("prints ids alone, digests, whole ids", function()
    local _, out = lamina("images", "-q", "localhost:5000/a/b")
    assert.equal(old:sub(8, 19) .. "\n", out)
    _, out = lamina("images", "-q", "--no-trunc", "debian:latest")
    assert.equal(new .. "\n", out)
    _, out = lamina("images", "--digests", "debian:latest")
    assert.matches("^REPOSITORY   TAG       DIGEST +IMAGE ID", out)
    local digest = out:match("sha256:%x+")
    assert.equal(71, #digest)
    assert.equal(new, (lamina:ok("inspect", "-f", "{{.Id}}", "debian@" .. digest):match("%S+")))
  end)

  it("prints rows as JSON", function()
    local row = json.decode(lamina:ok("images", "--format", "json", "bombo/debian"))
    assert.equal("git01", row.Tag)
    assert.equal("1.98MB", row.Size)
    assert.equal(new:sub(8, 19), row.ID)
  end)

  it("uses no colours, whatever the terminal", function()
    local status, out = helper.sh("script -qec " .. helper.quote(lamina:line("images"))
      .. " /dev/null")
    assert.equal(0, status)
    assert.matches("REPOSITORY", out)
    assert.is_nil(out:find("\27", 1, true))
  end)

  it("tells when its output can't be written", function()
    local status, _, err = helper.sh(lamina:line("images") .. " >/dev/full")
    assert.equal(1, status)
    assert.matches("lamina: write standard output: No space left on device", err, 1, true)
  end)

  it("has an example that works", function()
    local status, out = lamina:example("images")
    assert.equal(0, status)
    assert.equal("git01 1.98MB\n", out)
  end)
end)
