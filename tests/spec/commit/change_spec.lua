local change = require "lamina.commit.change"
local failure = require "lamina.util.failure"

local base = {
  Env = { "PATH=/bin", "A=old" }, Cmd = { "sh" }, WorkingDir = "/srv", Labels = { kept = "yes" },
}

local function shell(text) return { "/bin/sh", "-c", text } end

-- An instruction, the field it sets, what the field holds then.
local cases = {
  { 'CMD ["git", "--version"]', "Cmd", { "git", "--version" } },
  { "CMD git --version", "Cmd", shell "git --version" },
  { "CMD []", "Cmd", {} },
  { "cmd echo $A", "Cmd", shell "echo $A" }, -- a command is the shell's to expand
  { 'ENTRYPOINT ["git"]', "Entrypoint", { "git" } },
  { "ENTRYPOINT exec git", "Entrypoint", shell "exec git" },
  { "ENTRYPOINT []", "Entrypoint", nil },
  { "ENV A=new B=$A", "Env", { "PATH=/bin", "A=new", "B=old" } }, -- what was before (20)
  { "ENV B a  b=c", "Env", { "PATH=/bin", "A=old", "B=a  b=c" } },
  { [[ENV B="x y" C=x\ y D='$A' E="$A"]], "Env",
    { "PATH=/bin", "A=old", "B=x y", "C=x y", "D=$A", "E=old" } },
  { "ENV PATH=/opt/bin:$PATH", "Env", { "PATH=/opt/bin:/bin", "A=old" } },
  { "ENV B=${NO:-word}", "Env", { "PATH=/bin", "A=old", "B=word" } },
  { 'LABEL a.b="c d" $A=$PATH', "Labels", { kept = "yes", ["a.b"] = "c d", old = "/bin" } },
  { "EXPOSE 80 53/UDP 8000-8002", "ExposedPorts", { ["80/tcp"] = {}, ["53/udp"] = {},
    ["8000/tcp"] = {}, ["8001/tcp"] = {}, ["8002/tcp"] = {} } },
  { 'VOLUME ["/a b", "/c"]', "Volumes", { ["/a b"] = {}, ["/c"] = {} } },
  { "VOLUME /a /$A", "Volumes", { ["/a"] = {}, ["/old"] = {} } },
  { "USER $A:group", "User", "old:group" },
  { "WORKDIR /a/../b/", "WorkingDir", "/b" },
  { "WORKDIR sub/$A", "WorkingDir", "/srv/sub/old" },
  { "STOPSIGNAL SIGINT", "StopSignal", "SIGINT" },
  { 'SHELL ["/bin/bash", "-c"]', "Shell", { "/bin/bash", "-c" } },
  { "ONBUILD RUN  make $A", "OnBuild", { "RUN  make $A" } },
  { "HEALTHCHECK NONE", "Healthcheck", { Test = { "NONE" } } },
  { "HEALTHCHECK CMD curl $A", "Healthcheck", { Test = { "CMD-SHELL", "curl $A" } } },
  { 'HEALTHCHECK --interval=30s --timeout=1m --start-period=0s --retries=2 CMD ["a", "b"]',
    "Healthcheck", { Test = { "CMD", "a", "b" }, Interval = 30000000000, Timeout = 60000000000,
      Retries = 2 } },
  { "ENV B=1 \\\n  C=2", "Env", { "PATH=/bin", "A=old", "B=1", "C=2" } },
  { "# a comment\nUSER x\n\nUSER y", "User", "y" },
}

-- An instruction and what is said about it.
local refused = {
  { "RUN make", "RUN can't be applied to an image" },
  { "COPY a b", "COPY can't be applied to an image" },
  { "FROM debian", "FROM can't be applied to an image" },
  { "ENVIRONMENT A=1", "unknown instruction 'ENVIRONMENT'" },
  { "USR git", "unknown instruction 'USR'", "did you mean USER?" },
  { "ENV", "ENV: its argument is missing" },
  { "ENV A", "ENV: 'A' has no value" },
  { "ENV A=1 B", "'B' is not NAME=VALUE" },
  { "ENV $NO=1", "a name is empty" },
  { "ENV A=${A", "" },
  { "CMD", "the command is missing" },
  { 'CMD ["a", 1]', "" },
  { "SHELL /bin/sh", "SHELL takes the JSON form" },
  { "STOPSIGNAL SIGNOT", "'SIGNOT' is no signal" },
  { "EXPOSE 70000", "70000" },
  { "VOLUME $NO", "a path is empty" },
  { "HEALTHCHECK --interval=1 CMD x", "--interval" },
  { "HEALTHCHECK --retries=-1 CMD x", "--retries" },
  { "HEALTHCHECK --often CMD x", "--often" },
  { "HEALTHCHECK curl", "HEALTHCHECK takes NONE or CMD" },
  { "ONBUILD ONBUILD RUN x", "ONBUILD ONBUILD isn't possible" },
  { "ONBUILD FROM x", "ONBUILD FROM isn't possible" },
  { " ", "an instruction is missing" },
}

describe("lamina.commit.change (SEMANTICS 93)", function()
  for _, case in ipairs(cases) do
    local text, field, expected = table.unpack(case, 1, 3)
    it("applies " .. text:gsub("\n", " | "), function()
      assert.same(expected, change.apply(base, { text })[field])
    end)
  end

  for _, case in ipairs(refused) do
    local text, message, hint = table.unpack(case, 1, 3)
    it("refuses '" .. text .. "'", function()
      local ok, err = pcall(change.apply, base, { text })
      assert.is_false(ok)
      assert.is_true(failure.is(err))
      assert.matches("--change", err.message, 1, true)
      assert.matches(message, err.message, 1, true)
      if hint then assert.equal(hint, err.hint) end
    end)
  end

  it("leaves what it was given as it was", function()
    local before = { Env = { "A=1" }, Labels = { a = "1" }, OnBuild = { "RUN x" } }
    change.apply(before, { "ENV B=2", "LABEL b=2", "ONBUILD RUN y" })
    assert.same({ Env = { "A=1" }, Labels = { a = "1" }, OnBuild = { "RUN x" } }, before)
  end)

  it("sees what the lines before have set", function()
    local config = change.apply(base, { "ENV B=/b", "WORKDIR $B", 'SHELL ["sh", "-e"]', "CMD x" })
    assert.equal("/b", config.WorkingDir)
    assert.same({ "sh", "-e", "x" }, config.Cmd)
  end)

  it("drops the command with a new entry point, unless it is new too (SEMANTICS 30)", function()
    assert.is_nil(change.apply(base, { 'ENTRYPOINT ["a"]' }).Cmd)
    assert.same({ "b" }, change.apply(base, { 'CMD ["b"]', 'ENTRYPOINT ["a"]' }).Cmd)
  end)

  it("adds triggers and names what is possible for those it doesn't know", function()
    local config = change.apply({ OnBuild = { "RUN a" } }, { "ONBUILD USER b" })
    assert.same({ "RUN a", "USER b" }, config.OnBuild)
    local _, err = pcall(change.apply, base, { "RUN make" })
    assert.matches("CMD, ENTRYPOINT, ENV, EXPOSE", err.hint)
  end)
end)
