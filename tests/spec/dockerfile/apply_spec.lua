-- The rows of built-in instructions: what each does is written once, as apply(stage, call). On a
-- stage that writes calls down it is the translation, on a recipe's stage the steps themselves.
local helper = require "support.helper"
local instructions = require "lamina.dockerfile.instructions"
local parser = require "lamina.dockerfile.parser"
local recipe = require "lamina.recipe.recipe"
local sched = require "lamina.util.sched"
local translate = require "lamina.dockerfile.translate"

local function steps_of(options)
  options.name, options.target_platform = "x", "linux/amd64"
  local steps = sched.run(recipe.evaluate, options).steps
  for _, step in ipairs(steps) do step.line, step.file = nil, nil end
  return steps
end

--- The steps of a stage's instructions on `scratch`, translated.
local function translated(text)
  local made = translate.recipe(parser.parse("FROM scratch\n" .. text, { name = "x" }))
  return steps_of { text = made.text, lines = made.lines }
end

--- The same, applied to a stage of a recipe.
local function applied(text)
  return steps_of { text = ('return from "scratch":dockerfile(%q)'):format(text) }
end

-- Instructions of every kind, with all that they may have.
local cases = {
  'ADD --chown=1:$G --chmod=u+x --link --exclude=a --exclude="b c" x y /d/',
  "ADD --checksum=sha256:" .. ("1"):rep(64) .. " --unpack=false https://example.org/x /d",
  "ADD --keep-git-dir=true https://example.org/x.git#v1 /d",
  "ARG A", 'ARG A="b c$D"', "ARG A=1 B C=$A", "CMD a $B", 'CMD ["a", "$B"]', "CMD []",
  "COPY a /b", 'COPY ["a b", "$C", "/d/"]', "COPY --from=scratch a /b",
  "COPY --from=image:1 --parents=false --exclude=x a /b",
  "COPY <<A <<'B' c /d/\n$x\nA\n$y\nB", "COPY <<'A' /d\n$x\nA", "COPY <<A <<A /d/\n1\nA\n2\nA",
  "ENTRYPOINT x y", 'ENTRYPOINT ["x"]', "ENV B=1 A=$B", "ENV A=1 B='$x' C=\\$y", "ENV A b c",
  "EXPOSE 80 $P/udp", "HEALTHCHECK NONE", "HEALTHCHECK CMD a $B",
  'HEALTHCHECK --interval=5s --timeout= --retries=3 --start-period=1m CMD ["a"]',
  "LABEL a=1 b=2", "LABEL b=1 a=$x", "MAINTAINER $me", "ONBUILD COPY <<E /x\n$y\nE",
  "ONBUILD RUN make $X", "RUN make $X", 'RUN ["a", "$B"]', "RUN <<E\n$x\nE",
  "RUN <<E\n#!/bin/y\nE", "RUN a <<E >x\n$x\nE", "RUN a \\\n  b",
  "RUN --mount=type=cache,id=$I,target=/c,mode=755,sharing=locked --mount=type=tmpfs,target=/t,"
    .. "size=64m --network=none --security=insecure make",
  "RUN --mount=type=secret,id=a,env=A --mount=type=secret,target=/s/b --mount=type=ssh "
    .. "--mount=from=image:1,target=/i,source=/j,rw make",
  'SHELL ["/bin/x", "-c"]', "STOPSIGNAL $S", "USER $U:1", "VOLUME a $B", 'VOLUME [" /a b "]',
  "WORKDIR a/$B",
}

describe("a built-in instruction", function()
  it("has a function that does it, like users' own; only FROM begins a stage", function()
    for _, name in ipairs(instructions.names) do
      assert.equal(name == "FROM" and "nil" or "function",
        type(instructions.by_name[name].apply), name)
    end
  end)

  for _, case in ipairs(cases) do
    it("does to a stage what its translation does: " .. case:gsub("\n", "\\n"), function()
      local steps = translated(case)
      assert.is_true(#steps >= 2)
      assert.same(steps, applied(case))
    end)
  end

  it("is in one of these cases", function()
    local missing = {}
    for _, name in ipairs(instructions.names) do
      local is_there = name == "FROM"
      for _, case in ipairs(cases) do is_there = is_there or case:find(name, 1, true) == 1 end
      if not is_there then missing[#missing + 1] = name end
    end
    assert.same({}, missing)
  end)

  it("does the same in the last stages of the corpus", function()
    local count = 0
    local pipe <close> = assert(io.popen "ls tests/golden/corpus/*.Dockerfile")
    for file in pipe:lines() do
      local text = ("\n" .. helper.read(file)):gsub("^.*\n%s*[fF][rR][oO][mM]%s[^\n]*\n", "")
      local is_one, steps = pcall(translated, text) -- what it needs may stand before it
      if is_one then
        count = count + 1
        assert.same(steps, applied(text), file)
      end
    end
    assert.is_true(count > 30, count)
  end)
end)

describe("stage:dockerfile", function()
  it("applies the recipe's own instructions among the built-in ones, in their order", function()
    local steps = steps_of { text = [[
instruction("say", { args = "words", heredocs = true, apply = function(stage, call)
  return stage:run(call.args[1] .. call.heredocs[1].content)
end })
return from "scratch":dockerfile "ENV A=1\nSAY $A <<E\nx$A\nE\nRUN b"]] }
    assert.same({ "scratch", "env", "run", "run" },
      { steps[1].op, steps[2].op, steps[3].op, steps[4].op })
    assert.same({ "1x1\n", "b" }, { steps[3].command, steps[4].command })
  end)

  it("tells what a method refuses with the line of the text, and what is behind it again as before",
    function()
    local function refused(text)
      local ok, err = pcall(steps_of, { text = text })
      assert.is_false(ok)
      return tostring(err)
    end
    assert.equal("part:3: cache: mode: an octal mode up to 7777 expected", refused [[
return from "scratch"
  :dockerfile("ENV a=b\n\nRUN --mount=type=cache,target=/c,mode=17777 x", { name = "part" })]])
    assert.equal("x:2: run: the command is empty", refused [[
local base = from "scratch":dockerfile("ENV a=b\n\nRUN x", { name = "part" })
return base:run {}]])
    assert.equal("x:2: run: the command is empty", refused [[
pcall(function() return from "scratch":dockerfile("RUN <<E", { name = "part" }) end)
return from "scratch":run {}]])
  end)
end)
