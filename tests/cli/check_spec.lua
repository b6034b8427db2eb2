local fixtures = require "support.fixtures"
local helper = require "support.helper"
local json = require "lamina.core.json"

describe("lamina check", function()
  local lamina = helper.quote(helper.lamina_path)
  local dir

  before_each(function() dir = helper.tmpdir() end)
  after_each(helper.cleanup)

  local function run(words, input)
    return helper.sh(("cd %s && LAMINA_ROOT=%s/store %s %s"):format(dir, dir, lamina, words), input)
  end

  local function write(name, text) return helper.write(dir .. "/" .. name, text) end

  local function rules_of(out)
    local list = {}
    for i, one in ipairs(json.decode(out)) do list[i] = one.rule .. ":" .. one.line end
    return list
  end

  it("tells the rule, the line with its text, the reason and what to write", function()
    write("Dockerfile", "FROM busybox\nMAINTAINER me\nUSER me\n")
    local status, out, err = run "check"
    assert.same({ 0, "" }, { status, err })
    assert.equal([[
Dockerfile:2: warning: MaintainerDeprecated: MAINTAINER is deprecated
       1 | FROM busybox
  >    2 | MAINTAINER me
       3 | USER me
  why: The instruction is deprecated; a label does the same, and tools find it.
  fix: LABEL org.opencontainers.image.authors="me"

1 warning
]], out)
  end)

  it("says so when there is nothing to tell, and makes no store", function()
    write("Dockerfile", "FROM busybox\n")
    local status, out, err = run "check ."
    assert.same({ 0, "no warnings\n", "" }, { status, out, err })
    assert.is_nil(io.open(dir .. "/store/lamina.db"))
  end)

  it("answers JSON, an empty list where there is nothing", function()
    write("Dockerfile", "FROM busybox as Build\n")
    local _, out = run "check --json"
    local first = json.decode(out)[1]
    assert.same({ "StageNameCasing", 1, "warning", "Dockerfile" },
      { first.rule, first.line, first.level, first.file })
    write("Dockerfile", "FROM busybox\n")
    _, out = run "check --json"
    assert.equal("[]\n", out)
  end)

  it("answers SARIF", function()
    write("Dockerfile", "FROM busybox\nMAINTAINER me\n")
    local _, out = run "check --format sarif"
    local sarif = json.decode(out)
    assert.equal("2.1.0", sarif.version)
    local result = sarif.runs[1].results[1]
    local rules = sarif.runs[1].tool.driver.rules
    assert.equal("MaintainerDeprecated", result.ruleId)
    assert.equal("MaintainerDeprecated", rules[result.ruleIndex + 1].id)
    local place = result.locations[1].physicalLocation
    assert.same({ "Dockerfile", 2 }, { place.artifactLocation.uri, place.region.startLine })
  end)

  it("exits with 1 where warnings count as errors", function()
    write("Dockerfile", "FROM busybox\nMAINTAINER me\n")
    assert.equal(1, (run "check --error"))
    assert.equal(0, (run "check --error --skip MaintainerDeprecated"))
    write("Dockerfile", "# check=error=true\nFROM busybox\nMAINTAINER me\n")
    local status, out = run "check"
    assert.equal(1, status)
    assert.matches("Dockerfile:3: error: MaintainerDeprecated", out, 1, true)
    assert.equal(0, (run "check --error=false"))
  end)

  it("takes a file where the context stands, or standard input", function()
    write("other.Dockerfile", "FROM busybox\nMAINTAINER me\n")
    for _, words in ipairs { "other.Dockerfile", "-f other.Dockerfile .", "- <other.Dockerfile" } do
      local _, out = run("check --json " .. words)
      assert.same({ "MaintainerDeprecated:2" }, rules_of(out))
    end
    assert.equal(2, (run "check -f other.Dockerfile other.Dockerfile"))
  end)

  it("looks through recipes, at the recipe's lines", function()
    write("recipe.lua", [[
local base = from "node"
  :copy(".", "/app")
  :run "npm ci"
return image(base)
]])
    local _, out = run "check --json"
    assert.same({ "CopyBeforeInstall:2" }, rules_of(out))
    write(".env", "PASSWORD=x")
    _, out = run "check --json"
    assert.same({ "SecretInLayer:2", "CopyBeforeInstall:2" }, rules_of(out))
    write(".dockerignore", ".env\n")
    _, out = run "check --json"
    assert.same({ "CopyBeforeInstall:2" }, rules_of(out))
  end)

  it("knows what an ignore file leaves of a source", function()
    local function told(patterns, source)
      write(".dockerignore", patterns)
      write("Dockerfile", ("# check=experimental=all\nFROM busybox\nCOPY %s /x/\n"):format(source))
      local _, out = run "check --json"
      return #rules_of(out) > 0
    end
    for _, case in ipairs { { "sub", "sub/a.txt" }, { "*.txt", "*.txt" }, { "sub", "sub/*" },
      { "sub\n!sub/b.txt", "sub/a.txt" }, { "!sub/b.txt\nsub", "sub" },
      { "sub\n!other/*.txt", "sub/a.txt" }, { "*", "." }, { "**/*", "/" } } do
      assert.is_true(told(table.unpack(case)), table.concat(case, " "))
    end
    for _, case in ipairs { { "sub", "other" }, { "sub\n!sub/b.txt", "sub" },
      { "sub\n!sub/b.txt", "sub/*.txt" }, { "sub\n!*/b.txt", "sub" }, { "**\n!a", "." },
      { ".*", "." }, { "**\n!sub", "sub/a.txt" } } do
      assert.is_false(told(table.unpack(case)), table.concat(case, " "))
    end
  end)

  it("tells the module that a step is made in", function()
    write("steps.lua", "return function(stage)\n  return stage:run 'apk add git'\nend\n")
    write("recipe.lua", 'return from("alpine"):with(require "steps"):run "apk add make"\n')
    local _, out = run "check"
    assert.matches("^recipe.lua:1: advice: PackageListsKept: [^\n]+\n  >    1 | return", out)
    assert.matches("\nsteps.lua:2: advice: PackageListsKept: [^\n]+\n  why", out)
    _, out = run "check --json"
    assert.equal("steps.lua", json.decode(out)[2].file)
  end)

  it("tells what a Dockerfile's image would be at the Dockerfile's lines", function()
    write("Dockerfile", "FROM debian\n\n# tools\nRUN apt-get update \\\n  && apt-get install git\n")
    local status, out = run "check --error --json"
    assert.equal(0, status) -- advice is no error
    assert.same({ "PackageListsKept:4" }, rules_of(out))
  end)

  it("tells what can't be read as every command does", function()
    write("Dockerfile", "FROM busybox\nRNU make\n")
    local status, out, err = run "check"
    assert.same({ 1, "" }, { status, out })
    assert.equal("lamina: Dockerfile:2: unknown instruction 'RNU'\nhint: did you mean RUN?\n", err)
  end)

  it("tells the argument that is missing where there is no plan without it", function()
    write("Dockerfile", "ARG BASE\nFROM $BASE\n")
    local status, out, err = run "check --json"
    assert.same({ 0, "" }, { status, err })
    assert.same({ "InvalidDefaultArgInFrom:2" }, rules_of(out))
  end)

  it("lists the rules", function()
    local _, out = run "check --rules"
    assert.matches("\nStageNameCasing +a stage's name has capital letters\n", out)
    assert.matches("\nCopyIgnoredFile +[^\n]+ %(experimental%)\n", out)
    assert.matches("\nCopyBeforeInstall +[^\n]+ %(advice%)\n", out)
  end)

  it("shows nothing of the file that a terminal acts on", function()
    write("Dockerfile", "FROM busybox\nMAINTAINER \27[31mme\n")
    local _, out = run "check"
    assert.is_nil(out:find("\27", 1, true))
  end)

  it("is soon done with texts that are made to take long", function()
    local prefix = "FROM scratch\nRUN "
    for name, text in pairs {
      apt = prefix .. ("apt-get x "):rep(90000), rm = prefix .. "apk add " .. ("rm "):rep(300000),
      chown = prefix .. "chown -R " .. ("a"):rep(900000) .. " b c", url = prefix
        .. ("a"):rep(900000) .. ":", pip = prefix .. ("pip install "):rep(80000),
      arg = "FROM scratch\nARG " .. ("A=$A "):rep(100000),
      directive = "# check=skip=a" .. (" "):rep(900000) .. "b\nFROM scratch\n",
    } do
      write("Dockerfile", text .. "\n")
      local status = helper.sh(("cd %s && LAMINA_ROOT=%s/store timeout -s KILL 100 %s check --json")
        :format(dir, dir, lamina))
      assert.is_true(status <= 1, name) -- many times what it takes
    end
  end)

  it("knows a Dockerfile under any name, with a byte-order mark and with mistakes", function()
    for text, told in pairs {
      ["\239\187\191FROM scratch\n"] = "",
      ["FRM busybox\n"] = "%s:1: unknown instruction 'FRM'",
      ["LABEL a=b\nFROM busybox\n"] = "%s:1: LABEL before the first FROM",
      ["# nothing\n"] = "%s: there is no instruction in the file",
      [""] = "%s: the file is empty",
    } do
      write("zz", text)
      for words, name in pairs { ["check zz"] = "zz", ["plan -f zz ."] = "zz",
        ["check -"] = "<stdin>", ["build --dry-run -f - ."] = "<stdin>" } do
        local status, _, err = run(words, text)
        assert.equal(told == "" and 0 or 1, status, words)
        assert.matches(told == "" and "" or "lamina: " .. told:format(name) .. "\n", err, 1, true)
      end
    end
  end)

  describe("with a store", function()
    it("knows what the base image sets, and a build tells the count", function()
      local tar = fixtures.busybox_tar()
      assert.equal(0, (run("import -c 'ENV WHO=me' " .. helper.quote(tar) .. " base")))
      write("Dockerfile", "FROM base\nUSER $WHO\nWORKDIR /$HOW\nCMD x\n")
      local _, out = run "check --json"
      assert.same({ "UndefinedVar:3", "JSONArgsRecommended:4" }, rules_of(out))
      local status, _, err = run "build --progress plain ."
      assert.equal(0, status)
      assert.matches("2 warnings found; [^\n]*lamina check[^\n]*\n$", err)
      local _, _, quiet = run "build -q ."
      assert.equal("", quiet)
      _, out = run "build --check ."
      assert.matches("\n2 warnings\n$", out)
    end)

    it("doesn't build what says that warnings are errors", function()
      write("Dockerfile", "# check=error=true\nFROM scratch\nMAINTAINER me\n")
      local status, out, err = run "build --progress plain ."
      assert.same({ 1, "" }, { status, out })
      assert.matches("lamina: Dockerfile:3: MaintainerDeprecated: MAINTAINER is deprecated\n", err,
        1, true)
      assert.equal(1, (run "build --check ."))
    end)
  end)
end)
