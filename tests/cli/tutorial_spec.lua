-- The tutorial of README.md, word for word, on a real terminal and a real Debian.
local expect = require "support.expect"
local helper = require "support.helper"

local debian = helper.top .. "/" .. helper.build .. "/fixtures/debian.tar"

--- Why the tutorial can't be shown here, or nil.
local function missing()
  local file = io.open(debian, "rb")
  if not file then return "no Debian root file system: no package mirror in reach" end
  file:close()
end

describe("the tutorial", function()
  local lamina

  local function session(words)
    return expect.start(helper.quote(helper.lamina_path) .. " " .. words,
      { LAMINA_ROOT = lamina.root })
  end

  --- The line of `lamina images` for a repository and tag, as its five columns.
  local function image_row(repository, tag)
    local _, out = lamina("images")
    for line in out:gmatch("[^\n]+") do
      local r, t, id, created, size = line:match("^(%S+)%s+(%S+)%s+(%x+)%s+(.-)%s%s+(%S+)%s*$")
      if r == repository and t == tag then
        return { id = id, created = created, size = size }
      end
    end
    error(("no row %s %s in:\n%s"):format(repository, tag, out))
  end

  local function bytes(size)
    local number, unit = size:match("^([%d.]+)(%a+)$")
    return tonumber(number) * ({ B = 1, kB = 1e3, MB = 1e6, GB = 1e9 })[unit]
  end

  setup(function()
    lamina = helper.store()
    if missing() then return end
    assert.equal(0, (lamina("import", debian, "debian:bookworm")))
    assert.equal(0, (lamina("tag", "debian:bookworm", "debian")))
  end)

  teardown(helper.cleanup)

  local function step(name, body)
    it(name, function()
      if missing() then pending(missing()) return end
      body()
    end)
  end

  step("1. installs git by hand in a container", function()
    local bash <close> = session("run -it --name git debian bash")
    bash:wait_for("# ")
    assert.matches("bash: git: command not found", bash:command("git"), 1, true)
    bash:command("apt-get update", 300)
    bash:command("apt-get install -y git", 600)
    assert.matches("git version %d", bash:command("git --version"))
    bash:type("exit\n")
    assert.equal(0, bash:status())
  end)

  step("2. commits it and prints the image's id", function()
    local status, out, err = lamina("commit", "git", "debian:git")
    assert.equal("", err)
    assert.equal(0, status)
    local id = out:match("^(sha256:%x+)\n$")
    assert.equal(71, #id)
    local _, inspected = lamina("inspect", "--format", "{{.Id}}", "debian:git")
    assert.equal(id .. "\n", inspected)
  end)

  step("3. lists the images", function()
    local _, out = lamina("images")
    assert.matches("^REPOSITORY%s+TAG%s+IMAGE ID%s+CREATED%s+SIZE\n", out)
    local git, latest = image_row("debian", "git"), image_row("debian", "latest")
    assert.matches(" ago$", git.created)
    assert.is_true(bytes(git.size) > bytes(latest.size))
  end)

  step("4. finds git in the new image and not in the old one", function()
    local bash <close> = session("run -it --name git2 debian:git bash")
    bash:wait_for("# ")
    assert.matches("git version %d", bash:command("git --version"))
    bash:type("exit\n")
    assert.equal(0, bash:status())
    local status = lamina("run", "--rm", "debian:latest", "git", "--version")
    assert.equal(127, status)
  end)

  step("5. builds the same from a recipe, and runs nothing the second time", function()
    local status, _, err = lamina("build", "-t", "bombo/debian:git01", "-f", "recipes/git.lua", ".")
    assert.equal(0, status, err)
    local first = image_row("bombo/debian", "git01")
    local again, _, progress = lamina("build", "-t", "bombo/debian:git01", "-f", "recipes/git.lua",
      "--progress", "plain", ".")
    assert.equal(0, again, progress)
    assert.equal(first.id, image_row("bombo/debian", "git01").id)
    local _, plan = lamina("build", "--dry-run", "-f", "recipes/git.lua", ".")
    assert.is_nil(plan:find("would run", 1, true))
    local _, version = lamina("run", "--rm", "bombo/debian:git01")
    assert.matches("git version %d", version)
  end)
end)
