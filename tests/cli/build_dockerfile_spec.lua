local fixtures = require "support.fixtures"
local helper = require "support.helper"
local json = require "lamina.core.json"

local everything = [==[
# syntax=docker/dockerfile:1
ARG TAG=latest
FROM busybox:${TAG} AS build
ARG TAG
ARG A=1 B
WORKDIR /src
COPY a.txt ./
RUN echo "$A $TAG" >out && \
    # a comment
    cat a.txt >>out
RUN <<EOF
echo one >>out
echo "two $A" >>out
EOF
RUN <<EOF
#!/bin/sh
echo "script $0" >>out
EOF
RUN cat <<X >>out && echo end >>out
doc $A
X
RUN <<EOF
EOF
RUN cat <<'X' >>out
X
COPY <<empty <<"nothing" /etc/files/
empty
nothing
COPY <<one <<'two' /etc/files/
v=$A \$A "q"
one
v=$A
two

FROM busybox
MAINTAINER me
COPY --from=build /src/out /etc/files /data/
COPY --from=0 --chown=1000:1000 --chmod=600 /src/out /owned
ENV P="it's" Q=$P PATH=/x:$PATH
ENV R $P
LABEL a="b c" d='$P'
ONBUILD RUN echo hi
EXPOSE 90 80/udp
VOLUME /data
USER guest
HEALTHCHECK --interval=5s CMD true
STOPSIGNAL SIGINT
ENTRYPOINT ["/bin/sh", "-c"]
CMD cat /data/out
]==]

describe("lamina build of a Dockerfile", function()
  local run, dir

  before_each(function()
    run, dir = helper.store(), helper.tmpdir()
    assert(run("import", fixtures.busybox_tar(), "busybox") == 0)
    helper.write(dir .. "/a.txt", "hello\n")
  end)
  after_each(helper.cleanup)

  local function build(text, ...)
    helper.write(dir .. "/Dockerfile", text)
    local words = { "build", "-q", ... }
    words[#words + 1] = dir
    return run(table.unpack(words))
  end

  local function configuration(id)
    local _, out = run("inspect", (id:gsub("%s", "")))
    return json.decode(out)[1].Config
  end

  it("gives the image that its translation gives", function()
    local status, id, err = build(everything, "-t", "x:1")
    assert.equal(0, status, err)
    local _, recipe = run("translate", dir .. "/Dockerfile")
    helper.write(dir .. "/r.lua", recipe)
    local _, same = run("build", "-q", "-f", dir .. "/r.lua", dir)
    assert.equal(id, same)
    local plans = {}
    for i, file in ipairs { "Dockerfile", "r.lua" } do -- the cache has no part in these
      local _, plan = run("plan", "-f", dir .. "/" .. file, dir)
      plans[i] = json.decode(plan)
      plans[i].stages = nil -- they have lines
      for _, step in ipairs(plans[i].steps) do step.file, step.line = nil, nil end
    end
    assert.same(plans[1], plans[2])
  end)

  it("does what it says, scripts among it (SEMANTICS 14)", function()
    local status, id, err = build(everything, "--build-arg", "B=given")
    assert.equal(0, status, err)
    id = id:gsub("%s", "")
    local _, out = run("run", "--rm", "--entrypoint", "cat", id, "/data/out", "/data/one",
      "/data/two", "/data/empty", "/data/nothing")
    assert.equal("1 latest\nhello\none\ntwo 1\nscript /dev/pipes/EOF\ndoc 1\nend\n"
      .. 'v=1 $A "q"\nv=$A\n', out)
    _, out = run("run", "--rm", "--user", "0", id, "stat -c '%u %g %a' /owned; id -un; ls -A /dev")
    assert.matches("^1000 1000 600\n", out)
    assert.is_nil(out:find("pipes"))
    local config = configuration(id)
    assert.same({ "/bin/sh", "-c", "cat /data/out" }, config.Cmd)
    assert.same({ a = "b c", d = "$P" }, config.Labels)
    assert.same({ "PATH=/x:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      "P=it's", "Q=", "R=it's" }, config.Env)
    assert.same({ ["90/tcp"] = {}, ["80/udp"] = {} }, config.ExposedPorts)
    assert.same({ "RUN echo hi" }, config.OnBuild)
    assert.equal("guest", config.User)
    assert.equal("SIGINT", config.StopSignal)
  end)

  it("tells that a linked copy knows no users", function()
    local status, _, err = build "FROM busybox\nCOPY --link --chown=root a.txt /\n"
    assert.equal(1, status)
    assert.matches("Dockerfile:2: ", err, 1, true)
    assert.matches("\nhint: with --link nothing of the stage is seen, its users neither", err, 1,
      true)
    status, _, err = build "FROM busybox\nCOPY --chown=nobody-there a.txt /\n"
    assert.equal(1, status)
    assert.is_nil(err:find("hint:", 1, true))
  end)

  it("is called Dockerfile where it comes as the context", function()
    local _, _, err = helper.sh(("LAMINA_ROOT=%s %s build -"):format(run.root,
      helper.quote(helper.lamina_path)), "FROM busybox\nRNU x\n")
    assert.matches("lamina: Dockerfile:2: unknown instruction 'RNU'\n", err, 1, true)
  end)

  it("is planned by stages, with the lines of its instructions", function()
    helper.write(dir .. "/Dockerfile", "FROM busybox AS build\n\nRUN a\nENV b=c\nFROM build\n"
      .. "COPY --from=build x y\n")
    local status, out = run("plan", "--json", "-f", dir .. "/Dockerfile", dir)
    assert.equal(0, status)
    local stages = json.decode(out).stages
    for _, stage in ipairs(stages) do
      for _, step in ipairs(stage.steps) do step.id = nil end
    end
    assert.same({
      { index = 0, name = "build", base = "busybox", line = 1,
        steps = { { instruction = "RUN", line = 3 }, { instruction = "ENV", line = 4 } } },
      { index = 1, name = "default", base = "build", line = 5,
        steps = { { instruction = "COPY", line = 6 } } },
    }, stages)
  end)

  it("takes an ignore file of its own before the context's (SEMANTICS 60)", function()
    local text = "FROM busybox\nCOPY . /c/\nRUN ls -A /c\n"
    local function copied()
      helper.write(dir .. "/Dockerfile", text)
      local _, _, err = run("build", "--no-cache", "--progress=plain", dir)
      local names = {}
      for name in err:gmatch("#3 ([%w.]+)\n") do names[#names + 1] = name end
      return table.concat(names, " ")
    end
    assert.equal("Dockerfile a.txt", copied())
    helper.write(dir .. "/.dockerignore", "Dockerfile\n.dockerignore\n")
    assert.equal("a.txt", copied())
    helper.write(dir .. "/Dockerfile.dockerignore", "*.txt\n*.dockerignore\n")
    assert.equal("Dockerfile", copied())
    helper.sh("ln -sf /etc/passwd " .. dir .. "/Dockerfile.dockerignore")
    local status, _, err = run("build", dir)
    assert.equal(1, status)
    assert.matches("Dockerfile.dockerignore is not a regular file", err, 1, true)
  end)

  it("carries out the triggers of its base (SEMANTICS 40)", function()
    local status, _, err = build("FROM busybox\nONBUILD COPY a.txt /copied\n"
      .. "ONBUILD RUN cat /copied >/$NAME", "-t", "base:1")
    assert.equal(0, status, err)
    status, _, err = build "FROM base:1\nRUN cat /copied >>/last"
    assert.equal(1, status) -- $NAME isn't set: /bin/sh can't write to a directory
    assert.matches('step 1.2 (run "cat /copied >/$NAME"), ' .. dir .. "/Dockerfile:1:", err, 1,
      true)
    build("FROM busybox\nENV NAME=named\nONBUILD COPY a.txt /copied\n"
      .. "ONBUILD RUN cat /copied >/$NAME", "-t", "base:1")
    local done, id, why = build "FROM base:1\nRUN cat /copied >>/named"
    assert.equal(0, done, why)
    local _, out = run("run", "--rm", (id:gsub("%s", "")), "cat", "/named")
    assert.equal("hello\nhello\n", out)
    assert.is_nil(configuration(id).OnBuild)
  end)

  it("asks for the build arguments of its stages and of its base's triggers", function()
    build("FROM busybox\nONBUILD ARG BASES", "-t", "base:1")
    helper.write(dir .. "/Dockerfile", "ARG FIRST\nFROM busybox AS other\nARG OTHERS\n"
      .. "FROM base:1\nARG A=1 B\nARG C")
    local words = { "build", "--progress=plain" }
    for name in ("FIRST OTHERS BASES A B C D"):gmatch "%S+" do
      words[#words + 1] = "--build-arg=" .. name .. "=x"
    end
    words[#words + 1] = dir
    local status, _, err = run(table.unpack(words))
    assert.equal(0, status)
    assert.matches("warning: nothing asks for the build argument 'D'\n$", err)
    assert.equal(1, select(2, err:gsub("warning: ", "")), err)
  end)

  it("gives triggers the values of arguments before its first FROM (SEMANTICS 40)", function()
    build("FROM busybox\nONBUILD ARG NAME\nONBUILD RUN touch /$NAME", "-t", "base:1")
    local status, id, err = build "ARG NAME=named\nFROM base:1\nRUN test -f /named"
    assert.equal(0, status, err)
    assert.equal(0, (run("run", "--rm", (id:gsub("%s", "")), "test", "-f", "/named")))
  end)

  it("tells a failed step with the Dockerfile's line", function()
    local status, _, err = build "FROM busybox\n\nRUN true && \\\n  true\n# no\nRUN false\n"
    assert.equal(1, status)
    assert.matches('step 3 (run "false"), ' .. dir .. "/Dockerfile:6: exit status 1", err, 1, true)
    status, _, err = build "FROM busybox\nENV a=b \\\n  c=${}\n"
    assert.equal(1, status)
    assert.matches("Dockerfile:2: bad substitution", err, 1, true)
  end)

  it("is found by its name, beside a recipe or without one", function()
    helper.write(dir .. "/Containerfile", "FROM busybox\nLABEL from=containerfile\n")
    local status, id = run("build", "-q", dir)
    assert.equal(0, status)
    assert.equal("containerfile", configuration(id).Labels.from)
    id = select(2, build "FROM busybox\nLABEL from=dockerfile\n")
    assert.equal("dockerfile", configuration(id).Labels.from)
    helper.write(dir .. "/recipe.lua", 'return from "busybox":label { from = "recipe" }')
    id = select(2, run("build", "-q", dir))
    assert.equal("recipe", configuration(id).Labels.from)
    id = select(2, run("build", "-q", "-f", dir .. "/Dockerfile", dir))
    assert.equal("dockerfile", configuration(id).Labels.from)
  end)

  it("is told from a recipe by what it says, too", function()
    local file = helper.write(dir .. "/app.build", "# x\nfrom busybox\nLABEL is=docker\n")
    local _, id = run("build", "-q", "-f", file, dir)
    assert.equal("docker", configuration(id).Labels.is)
    helper.write(file, '-- x\nreturn from "busybox":label { is = "lua" }')
    id = select(2, run("build", "-q", "-f", file, dir))
    assert.equal("lua", configuration(id).Labels.is)
    local _, out = helper.sh(("LAMINA_ROOT=%s %s build -q -f - %s"):format(run.root,
      helper.quote(helper.lamina_path), dir), "FROM busybox\nLABEL is=stdin\n")
    assert.equal("stdin", configuration(out).Labels.is)
  end)

  it("builds the target that is named, and only what it needs", function()
    local text = "FROM busybox AS one\nLABEL is=one\nFROM busybox AS two\nRUN false\n"
      .. "FROM one\nLABEL is=last\n"
    assert.equal("last", configuration((select(2, build(text)))).Labels.is)
    assert.equal("one", configuration((select(2, build(text, "--target", "one")))).Labels.is)
    assert.equal("one", configuration((select(2, build(text, "--target", "0")))).Labels.is)
    assert.equal("last", configuration((select(2, build(text, "--target", "2")))).Labels.is)
    assert.equal("one", configuration((select(2, build(text, "--target", "ONE")))).Labels.is)
    local other = "FROM busybox AS default\nLABEL is=default\nFROM busybox\nLABEL is=last\n"
    assert.equal("last", configuration((select(2, build(other)))).Labels.is)
    assert.equal("default",
      configuration((select(2, build(other, "--target", "default")))).Labels.is)
    local status, _, err = build(text, "--target", "tow")
    assert.equal(1, status)
    assert.matches("did you mean 'two'?", err, 1, true)
  end)
end)
