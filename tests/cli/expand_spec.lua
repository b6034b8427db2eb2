local expect = require "support.expect"
local fixtures = require "support.fixtures"
local helper = require "support.helper"
local json = require "lamina.core.json"

local note = [==[
instruction("note", {
  help = "Write a file of notes",
  args = { form = "words", least = 1 },
  flags = { { name = "to", kind = "string" }, { name = "upper", kind = "boolean" } },
  heredocs = true,
  apply = function(stage, call)
    local to = call.flags.to or "/notes"
    local tool = call.flags.upper and "tr a-z A-Z" or "cat"
    stage = stage:run("echo " .. shell.quote(call.args) .. " | " .. tool .. " >>" .. to)
    for _, one in ipairs(call.heredocs) do
      stage = stage:copy({ [one.name] = one.content }, "/texts/")
    end
    return stage:label { ["note." .. call.args[1]] = "by " .. call.name }
  end,
})
]==]

local everything = [==[
# syntax=docker/dockerfile:1
# lamina: use=./note.lua,include
ARG GLOBAL=g

# the base
FROM busybox AS base
ARG GLOBAL
ENV WHO="me and you"
# a note
note --upper first "$WHO" '$WHO' \
  # about it
  ${GLOBAL:-none}
NOTE --to=/other second <<one <<'two'
for $WHO
one
for $WHO
two
RUN cat /notes
ONBUILD NOTE --to=/later third
INCLUDE parts/tools

FROM base
NOTE fourth
CMD ["cat", "/notes"]
]==]

describe("an instruction of one's own in a Dockerfile", function()
  local run, dir

  before_each(function()
    run, dir = fixtures.busybox_store(), helper.tmpdir()
    helper.write(dir .. "/note.lua", note)
    assert(os.execute("mkdir " .. dir .. "/parts"))
    helper.write(dir .. "/parts/tools", "# tools\nENV PART=1\nRUN echo part >/part\n")
  end)
  after_each(helper.cleanup)

  local function write(text) return helper.write(dir .. "/Dockerfile", text) end

  --- The files of an image that the notes are in.
  local function files(image)
    return (select(2, run("run", "--rm", image, "sh", "-c", "cat /notes /other /later /part; "
      .. "cat /texts/one /texts/two; echo $PART")))
  end

  it("builds as all others do: cached, translated and expanded to the same image", function()
    write(everything)
    local id = run:ok("build", "--progress", "quiet", dir)
    assert.equal([[
FIRST ME AND YOU $WHO G
fourth
second
third
part
for me and you
for $WHO
1
]], files(id:match "%S+"))
    local _, _, again = run("build", "--progress", "plain", dir)
    assert.matches("CACHED", again)
    assert.is_nil(again:find("DONE", 1, true))
    local recipe = helper.write(dir .. "/translated.lua", run:ok("translate", dir .. "/Dockerfile"))
    local translated = run:ok("build", "-q", "-f", recipe, dir)
    local plain = helper.write(dir .. "/Plain.Dockerfile", run:ok("expand", dir .. "/Dockerfile"))
    assert.equal(files(id:match "%S+"), files(run:ok("build", "-q", "-f", plain, dir):match "%S+"))
    local function config(image)
      local all = json.decode(run:ok("inspect", image:match "%S+"))[1].Config
      return { all.Env, all.Labels, all.Cmd, all.OnBuild }
    end
    assert.same(config(id), config(translated))
    assert.same(config(id), config(run:ok("build", "-q", "-f", plain, dir)))
  end)

  it("shows a terminal no control byte of the file (SEC-02)", function()
    write "FROM busybox\n# \27]0;title\7\n"
    local term <close> = expect.start(run:line("expand", dir))
    term:wait_for "FROM busybox\n# \\x1b]0;title\\x07\n"
    assert.equal(0, term:status())
    assert.equal("FROM busybox\n# \27]0;title\7\n", run:ok("expand", dir))
  end)

  it("is written as plain instructions, all else as it is", function()
    write(everything)
    assert.equal([==[
# syntax=docker/dockerfile:1
ARG GLOBAL=g

# the base
FROM busybox AS base
ARG GLOBAL
ENV WHO="me and you"
# a note
RUN echo first 'me and you' '$WHO' g | tr a-z A-Z >>/notes
LABEL note.first="by note"
RUN echo second | cat >>/other
COPY <<'one' /texts/
for me and you
one
COPY <<'two' /texts/
for $WHO
two
LABEL note.second="by note"
RUN cat /notes
ONBUILD RUN echo third | cat >>/later
ONBUILD LABEL note.third="by note"
ENV PART=1
RUN echo part >/part

FROM base
RUN echo fourth | cat >>/notes
LABEL note.fourth="by note"
CMD ["cat", "/notes"]
]==], run:ok("expand", dir))
  end)

  it("is expanded the same without a store, and with build arguments", function()
    write "# lamina: use=./note.lua\nARG G=a\nFROM busybox\nARG G=b\nNOTE $G\n"
    local function expand(words)
      local status, out, err = helper.sh(("cd %s && LAMINA_ROOT=%s/none %s expand %s"):format(dir,
        dir, helper.quote(helper.lamina_path), words))
      assert.same({ 0, "" }, { status, err })
      return out:match "RUN echo (%S+)"
    end
    assert.same({ "b", "c" }, { expand "Dockerfile", expand "--build-arg G=c ." })
  end)

  it("writes stages of its own before the one that needs them", function()
    helper.write(dir .. "/tool.lua", [[
instruction("tool", { apply = function(stage)
  local built = from("busybox"):workdir("/w"):run "echo made >out"
  return stage:copy("/w/out", "/out", { from = built, chown = "1:2" })
end })]])
    write "# lamina: use=./tool.lua\n\n# the only stage\nFROM busybox\nTOOL\nTOOL\n"
    local out = run:ok("expand", dir)
    assert.equal([[

FROM busybox AS lamina-expanded-1
WORKDIR /w
RUN echo made >out

FROM busybox AS lamina-expanded-2
WORKDIR /w
RUN echo made >out

# the only stage
FROM busybox
COPY --from=lamina-expanded-1 --chown=1:2 /w/out /out
COPY --from=lamina-expanded-2 --chown=1:2 /w/out /out
]], out)
  end)

  it("has variables of the base image in its words", function()
    run:ok("import", "-c", "ENV WHO=base", fixtures.busybox_tar(), "with-env")
    write "# lamina: use=./note.lua\nFROM with-env\nNOTE $WHO\n"
    local id = run:ok("build", "-q", dir):match "%S+"
    assert.equal("base\n", (select(2, run("run", "--rm", id, "cat", "/notes"))))
    assert.matches("RUN echo base", run:ok("expand", dir))
    write "# lamina: use=./note.lua\nFROM unknown\nNOTE $WHO\n"
    run:fails(1, "Dockerfile:3: '%$WHO' may come from the image 'unknown', which isn't known here",
      "expand", dir)
  end)

  it("is named on the command line as well", function()
    write "FROM busybox\nNOTE x\nAPT git\n"
    local words = { "--use", dir .. "/note.lua", "--use", "apt" }
    assert.matches("\nRUN echo x ", run:ok("expand", words[1], words[2], "--use", "apt", dir))
    assert.matches('"instruction": "NOTE"', run:ok("parse", "--json", "--use", words[2], "--use",
      "apt", dir .. "/Dockerfile"))
    assert.matches("apt%-get install %-y %-%-no%-install%-recommends git", run:ok("plan", "--use",
      words[2], "--use", "apt", dir))
    local recipe = helper.write(dir .. "/recipe.lua", 'return from "busybox":note "x"\n')
    assert.matches("echo x ", run:ok("plan", "--use", words[2], "-f", recipe, dir))
  end)

  it("is told where it breaks and where it is used", function()
    local file = dir .. "/Dockerfile"
    for text, expected in pairs {
      ["NOTE --tow=x y"] = { "Dockerfile:3: unknown flag '--tow'", "did you mean '--to'?" },
      ["NOTE"] = { "Dockerfile:3: NOTE: its argument is missing" },
      ["NOET x"] = { "Dockerfile:3: unknown instruction 'NOET'", "did you mean NOTE?" },
      ["NOTE x <<one\ntext"] = { "Dockerfile:3: the heredoc 'one' doesn't end" },
      ["BROKEN"] = { "lamina: broken.lua:2: attempt to index a nil value (field 'x')",
        "broken is used in " .. file .. ":3" },
    } do
      helper.write(dir .. "/broken.lua",
        'instruction("broken", { apply = function()\n  return ({}).x.y\nend })')
      write("# lamina: use=./note.lua,./broken.lua\nFROM busybox\n" .. text .. "\n")
      local status, _, err = run("build", "-q", dir)
      assert.equal(1, status)
      for _, part in ipairs(expected) do assert.matches(part, err, 1, true) end
    end
  end)

  it("may be a trigger with variables, which a build without its file carries out", function()
    write [==[
# lamina: use=./note.lua
FROM busybox
ENV WHO="me and you"
ONBUILD ARG TO WHAT=one
ONBUILD NOTE --to=/$TO "$WHO" $WHAT <<text
for $WHO
text
ONBUILD NOTE plain
]==]
    local id = run:ok("build", "-q", "-t", "with-note", dir):match "%S+"
    local recipe = helper.write(dir .. "/translated.lua", run:ok("translate", dir .. "/Dockerfile"))
    assert.equal(id, (run:ok("build", "-q", "-f", recipe, dir):match "%S+"))
    local triggers = json.decode(run:ok("inspect", id))[1].Config.OnBuild
    assert.matches("^# lamina: file=note.lua\n#|instruction", triggers[2])
    assert.matches('\nNOTE %-%-to=/%$TO "%$WHO" %$WHAT <<text\nfor %$WHO\ntext$', triggers[2])
    assert.equal("RUN echo plain | cat >>/notes", triggers[3])
    assert(os.remove(dir .. "/note.lua"))

    write "ARG TO=mine\nFROM with-note\n"
    local function built(...)
      local image = run:ok("build", "-q", dir, ...):match "%S+"
      assert.is_nil(json.decode(run:ok("inspect", image))[1].Config.OnBuild)
      return (select(2, run("run", "--rm", image, "sh", "-c",
        "cat /mine /given /notes /texts/text 2>/dev/null")))
    end
    assert.equal("me and you one\nplain\nfor me and you\n", built())
    assert.equal("me and you one\nplain\nfor me and you\n", built("--build-arg", "TO=given"))
    assert.equal("me and you 2\nplain\nfor me and you\n", built("--build-arg", "WHAT=2"))
    local _, _, again = run("build", "--progress", "plain", dir)
    assert.matches('#1.2 run "echo \'me and you\' one | cat >>/mine"\n#1.2 CACHED', again, 1, true)
  end)

  it("may be a trigger with variables and another escape", function()
    write [==[
# escape=`
# lamina: use=./note.lua
FROM busybox
ENV WHO=me DIR=C:\
ONBUILD NOTE --to=/mine `$WHO $WHO "`"" `
  $DIR $DIR\x
ONBUILD NOTE --to=/mine it\'s $WHO'
]==]
    run:ok("build", "-q", "-t", "with-note", dir)
    write "FROM with-note\nRUN cat /mine\n"
    local id = run:ok("build", "-q", dir):match "%S+"
    assert.equal("$WHO me \" C:\\ C:\\\\x\nit\\s $WHO\n",
      (select(2, run("run", "--rm", id, "cat", "/mine"))))
  end)

  it("may be a trigger with variables of an instruction in the recipe itself", function()
    helper.write(dir .. "/recipe.lua", [==[
local prefix = "said: "
instruction("say", { args = "words", apply = function(stage, call)
  return stage:run("echo " .. shell.quote(prefix .. call.args[1]) .. " >>/said")
end })
local base = from "busybox":env { WHO = "me and you" }:onbuild "SAY $WHO"
instruction("more", { args = "words", apply = function(stage, call)
  return stage:say(call.args[1] .. " again")
end })
return image(base:onbuild "MORE \"$WHO\"", { name = "with-say", env = { NOT = read "secret" } })
]==])
    helper.write(dir .. "/secret", "s3cret")
    run:ok("build", "-q", "-f", dir .. "/recipe.lua", dir)
    local triggers = json.decode(run:ok("inspect", "with-say"))[1].Config.OnBuild
    assert.is_nil(triggers[2]:find("return image", 1, true))
    assert(os.remove(dir .. "/recipe.lua"))
    assert(os.remove(dir .. "/secret"))
    write "FROM with-say\nRUN cat /said\n"
    local id = run:ok("build", "-q", dir):match "%S+"
    assert.equal("said: me and you\nsaid: me and you again\n",
      (select(2, run("run", "--rm", id, "cat", "/said"))))
  end)

  it("may be a trigger with variables of the file that later stages know", function()
    write [==[
# lamina: use=./note.lua
ARG TO=/mine
FROM busybox AS base
ONBUILD ARG TO
ONBUILD NOTE --to=$TO $WHO
FROM base
RUN cat /mine
]==]
    run:ok("import", "-c", "ENV WHO=base", fixtures.busybox_tar(), "busybox")
    local id = run:ok("build", "-q", dir):match "%S+"
    assert.equal("base\n", (select(2, run("run", "--rm", id, "cat", "/mine"))))
  end)

  it("can't be a plain trigger with variables", function()
    write "# lamina: use=./note.lua\nFROM busybox\n\nONBUILD NOTE $WHO\n"
    run:fails(1, "Dockerfile:4: '%$WHO' isn't known before a build on this image", "expand", dir)
  end)

  it("is told where it breaks as a trigger, and where it is used", function()
    helper.write(dir .. "/broken.lua",
      'instruction("broken", { apply = function(_, call)\n  return ({}).x[call.args[1]]\nend })')
    write "# lamina: use=./broken.lua\nFROM busybox\nONBUILD BROKEN $HOME\n"
    run:ok("build", "-q", "-t", "broken", dir)
    write "\nFROM broken\n"
    local status, _, err = run("build", "-q", dir)
    assert.equal(1, status)
    for _, part in ipairs { "broken.lua:2: ", dir .. "/Dockerfile:2: ONBUILD of the image: ",
      "attempt to index a nil value (field 'x')", "hint: broken is used in ONBUILD:1" } do
      assert.matches(part, err, 1, true)
    end
  end)

  it("is looked through by check", function()
    write "# lamina: use=./note.lua\nFROM busybox as one\nNOTE $UNSET_HERE\nuser $WHO\n"
    local found = {}
    local _, out = run("check", "--json", "--build-arg", "x=1", dir)
    for i, one in ipairs(json.decode(out)) do found[i] = one.rule .. ":" .. one.line end
    assert.same({ "FromAsCasing:2", "UndefinedVar:3", "ConsistentInstructionCasing:4" }, found)
  end)

  it("comes with lamina, installed and not", function()
    local place = dir .. "/place"
    assert(os.execute(("mkdir -p %s/bin %s/share/lamina/recipes/instructions"):format(place,
      place)))
    assert(os.execute(("cp %s %s/bin/lamina"):format(helper.lamina_path, place)))
    helper.write(place .. "/share/lamina/recipes/instructions/own.lua",
      'instruction("own", { apply = function(stage) return stage:run "own" end })')
    write "# lamina: use=own,apt\nFROM busybox\nOWN\nAPT git\n"
    local status, out = helper.sh(("LAMINA_ROOT=%s/none %s/bin/lamina expand %s"):format(dir, place,
      dir))
    assert.equal(0, status)
    assert.matches("\nRUN own\nRUN [^\n]*apt%-get", out)
  end)

  it("refuses to expand a recipe", function()
    helper.write(dir .. "/recipe.lua", 'return from "scratch"')
    run:fails(2, "recipe.lua is no Dockerfile", "expand", dir .. "/recipe.lua")
  end)
end)
