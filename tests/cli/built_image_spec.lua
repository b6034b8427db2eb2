-- What the configuration of a built image says, and what it must not: history, times, environment
-- (SEMANTICS 41, 42, 62, 69, 87 to 89; COM-04, SEC-01).
local fixtures = require "support.fixtures"
local helper = require "support.helper"
local json = require "lamina.core.json"

describe("a built image", function()
  local run, dir

  --- Builds a Dockerfile; answers the image as `inspect` shows it, and the progress.
  local function build(text, ...)
    helper.write(dir .. "/Dockerfile", text)
    local words = { "build", "--progress=plain", "-t", "it", ... }
    words[#words + 1] = dir
    local status, _, err = run(table.unpack(words))
    assert.equal(0, status, err)
    return assert(json.decode(run:ok("inspect", "it")))[1], err
  end

  --- Its configuration as the store has it.
  local function configuration(image)
    return assert(json.decode(helper.read(run.root .. "/blobs/sha256/" .. image.Id:sub(8))))
  end

  local function list(items, field)
    local values = {}
    for i, item in ipairs(items) do values[i] = item[field] or false end
    return values
  end

  before_each(function()
    run, dir = fixtures.busybox_store(), helper.tmpdir()
    helper.write(dir .. "/f", "text")
  end)

  after_each(helper.cleanup)

  it("has an entry for each instruction, and a layer for each that isn't empty (SEMANTICS 87)",
    function()
      local whole = configuration(build [[
FROM scratch
ENV A=1
COPY f /
LABEL b=2
COPY f /f
WORKDIR /w
WORKDIR /
WORKDIR /w
CMD ["x"]
]])
      local empty = list(whole.history, "empty_layer")
      assert.same({ true, false, true, false, false, true, false, true }, empty)
      assert.equal(4, #whole.rootfs.diff_ids)
      assert.not_equal(whole.rootfs.diff_ids[3], whole.rootfs.diff_ids[4])
    end)

  it("has a layer for a command that changes nothing, and none of scratch (SEMANTICS 41, 87)",
    function()
      local image = build "FROM busybox\nRUN true\nRUN true\n"
      local layers = configuration(image).rootfs.diff_ids
      assert.equal(3, #layers)
      assert.equal(layers[2], layers[3])
      assert.same({}, configuration(build "FROM scratch\nENV A=1\n").rootfs.diff_ids)
    end)

  it("says how each layer was made, in Docker's words (SEMANTICS 88)", function()
    local whole = configuration(build([[
FROM busybox
ARG A=1
ARG B
ARG C=
RUN echo $A
RUN ["sh", "-c", "true"]
COPY --chown=1:1 --chmod=644 f /x/
ENV E="a b" F=c
WORKDIR /w
CMD ["a", "b"]
EXPOSE 81 80/udp
]], "--build-arg", "A=2"))
    local texts = list(whole.history, "created_by")
    table.remove(texts, 1)
    assert.same({ "ARG A=2", "ARG B", "ARG C=", "RUN |3 A=2 B= C= /bin/sh -c echo $A # buildkit",
      "RUN |3 A=2 B= C= sh -c true # buildkit",
      "COPY --chown=1:1 --chmod=644 f /x/ # buildkit", "ENV E=a b F=c", "WORKDIR /w",
      'CMD ["a" "b"]', "EXPOSE [80/udp 81/tcp]" }, texts)
  end)

  it("is as old as its newest layer; metadata as the layer behind it (SEMANTICS 89)", function()
    local base = configuration(assert(json.decode(run:ok("inspect", "busybox")))[1])
    local whole = configuration(build("FROM busybox\nENV A=1\nRUN echo >/x\nLABEL b=c\n",
      "--source-date-epoch", "1000000000"))
    local times = list(whole.history, "created")
    assert.equal(base.history[1].created, times[1], "what is inherited keeps its time")
    assert.same({ "2001-09-09T01:46:40Z" }, { times[2] })
    assert.equal(times[2], times[3])
    assert.equal(times[2], times[4])
    assert.equal(times[4], whole.created)
    local now = configuration(build "FROM busybox\nENV A=1\nRUN echo >/x\nLABEL b=c\n")
    times = list(now.history, "created")
    assert.matches("^20%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d[.%d]*Z$", now.created)
    assert.same({ now.created, now.created, now.created }, { times[2], times[3], times[4] })
  end)

  it("inherits what its base has, and the triggers are spent (SEMANTICS 42)", function()
    build [[
FROM busybox
ENV A=1
USER 0
LABEL l=m
EXPOSE 1
VOLUME /v
STOPSIGNAL SIGUSR1
SHELL ["/bin/sh", "-ec"]
HEALTHCHECK CMD true
WORKDIR /tmp
ENTRYPOINT ["e"]
CMD ["c"]
ONBUILD ENV TRIGGERED=1
]]
    run:ok("tag", "it", "base")
    local whole = configuration(build "FROM base\nRUN true\n")
    local config = whole.config
    assert.matches("A=1", table.concat(config.Env, " "))
    assert.matches("TRIGGERED=1", table.concat(config.Env, " "))
    assert.same({ "0", { l = "m" }, "SIGUSR1", { "/bin/sh", "-ec" }, "/tmp", { "e" }, { "c" } },
      { config.User, config.Labels, config.StopSignal, config.Shell, config.WorkingDir,
        config.Entrypoint, config.Cmd })
    assert.is_truthy(config.ExposedPorts["1/tcp"] and config.Volumes["/v"] and config.Healthcheck)
    assert.is_nil(config.OnBuild)
  end)

  it("has nothing of proxies, but its commands do (SEMANTICS 62)", function()
    local text = "FROM busybox\nARG V=1\nRUN echo $http_proxy-$NO_PROXY-$V-$HOME >/seen\n"
    local image, err = build(text, "--build-arg", "http_proxy=http://u:p@proxy.invalid",
      "--build-arg", "NO_PROXY=here")
    assert.equal("http://u:p@proxy.invalid-here-1-/root\n", run:ok("run", "--rm", "it", "cat",
      "/seen"))
    assert.not_matches("CACHED", err)
    local whole = helper.read(run.root .. "/blobs/sha256/" .. image.Id:sub(8))
    assert.not_matches("proxy.invalid", whole, 1, true)
    assert.not_matches("V=1", table.concat(image.Config.Env, " "), "an argument isn't either")
    local _, again = build(text, "--build-arg", "http_proxy=http://other.invalid")
    assert.matches("CACHED", again)
    assert.equal(1, (helper.sh("grep -rq u:p@proxy " .. run.root .. "/lamina.db* "
      .. run.root .. "/blobs")))
  end)

  it("has a fixed host name where it was made, and no trace of the host (SEMANTICS 69, COM-04)",
    function()
      local image = build "FROM busybox\nRUN hostname >/h; cat /proc/sys/kernel/hostname >>/h\n"
      assert.equal("lamina\nlamina\n", run:ok("run", "--rm", "it", "cat", "/h"))
      local whole = helper.read(run.root .. "/blobs/sha256/" .. image.Id:sub(8))
      local _, host = helper.sh "hostname"
      for _, trace in ipairs { run.root, dir, host:match "%S+", "lamina-spec" } do
        assert.is_nil(whole:find(trace, 1, true), trace)
      end
    end)

  it("knows a stage that is bound in part by that part, and keeps nothing written there "
    .. "(SEMANTICS 73)", function()
    local text = "FROM busybox AS s\nRUN mkdir /d; echo 1 >/d/f; echo %d >/beside; touch -d @1 /d/f"
      .. " /d\nFROM busybox\nRUN --mount=type=bind,from=s,source=/d,target=/m,rw "
      .. "cat /m/f; echo 2 >/m/f; echo new >/m/new; cat /m/f /m/new >/out\n"
    local _, err = build(text:format(1))
    assert.not_matches("CACHED", err)
    _, err = build(text:format(2))
    assert.equal(1, select(2, err:gsub("CACHED", "")))
    assert.equal("2\nnew\n", run:ok("run", "--rm", "it", "cat", "/out"))
    run:fails(1, "", "run", "--rm", "it", "test", "-e", "/m")
  end)

  it("has the annotations of the last build, which aren't part of its id", function()
    local ids = {}
    local function annotations(method)
      helper.write(dir .. "/recipe.lua", ([[return image(from("busybox")%s, { name = "it" })]])
        :format(method))
      ids[#ids + 1] = run:ok("build", "-q", "-f", dir .. "/recipe.lua", dir)
      local of = run:ok("inspect", "--format", "{{.Descriptor.digest}}", "it"):match ":(%x+)"
      return json.decode(helper.read(run.root .. "/blobs/sha256/" .. of)).annotations
    end
    assert.same({ a = "1" }, annotations ':annotate { a = "1" }')
    assert.same({ a = "2" }, annotations ':annotate { a = "2" }')
    assert.is_nil(annotations "")
    assert.same({ ids[1], ids[1] }, { ids[2], ids[3] })
  end)
end)
