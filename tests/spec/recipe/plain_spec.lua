local recipe = require "lamina.recipe.recipe"
local sched = require "lamina.util.sched"

--- What a chain of methods comes to as a plain Dockerfile: the lines, and those of further stages.
local function plain(chain, more)
  local text = 'instruction("own", { apply = function(stage) return stage' .. chain
    .. " end })\n\nreturn from('base'):own()"
  local calls = sched.run(recipe.calls, { name = "recipe.lua", text = text,
    escape = more or "\\" })
  assert.equal(1, #calls)
  return calls[1].lines, calls[1].stages
end

local function refused(chain)
  local ok, err = pcall(plain, chain)
  assert.is_false(ok)
  return tostring(err)
end

-- A method call, and the instruction that it is.
local cases = {
  { ':run "make && make install"', "RUN make && make install" },
  { ':run { "make", "a \\"b\\"" }', 'RUN ["make","a \\"b\\""]' },
  { ':run "a\\nb"', "RUN <<'EOF'\na\nb\nEOF" },
  { ':run "EOF\\nb\\n"', "RUN <<'EOF1'\nEOF\nb\nEOF1" },
  { ':run ""', "RUN <<'EOF'\nEOF" },
  { ':run " a"', "RUN <<'EOF'\n a\nEOF" },
  { ':run "[ -d x ]"', "RUN <<'EOF'\n[ -d x ]\nEOF" },
  { ':run "--x"', "RUN <<'EOF'\n--x\nEOF" },
  { ':run "cat <<X"', "RUN <<'EOF'\ncat <<X\nEOF" },
  { [[:run "a\\"]], "RUN <<'EOF'\na\\\nEOF" },
  { ':run("make", { network = "none", mounts = { cache("/c", { id = "x", mode = "755" }), '
    .. 'secret { id = "t", env = "T" }, bind { target = "/s", from = "img" } } })',
    "RUN --mount=type=cache,id=x,target=/c,mode=0755 --mount=type=secret,id=t,env=T "
      .. "--mount=type=bind,target=/s,from=img --network=none make" },
  { ':copy("a", "/b")', "COPY a /b" },
  { [[:copy({ "a", "$B/it's" }, "/b", { chown = "1:2", chmod = "u+x", link = true,
    parents = true, exclude = { "*.o" } })]],
    [[COPY --chown=1:2 --chmod=u+x --link=true --parents=true --exclude=*.o a ${B}/it\'s /b]] },
  { ':copy("a b", "/c")', 'COPY ["a b","/c"]' },
  { ':copy("a", "/b", { from = "image:1" })', "COPY --from=image:1 a /b" },
  { ':copy("a", "/b", { from = context { path = "sub", exclude = "x" } })',
    "COPY --exclude=x sub/a /b" },
  { ':copy({ "x", f = "text $A\\n" }, "/d/")', "COPY <<'f' x /d/\ntext $A\nf" },
  { ':add("a.tar", "/b", { unpack = false })', "ADD --unpack=false a.tar /b" },
  { ':env { A = "1", B = "b c", C = [[$A "q" \\$x]] }',
    [[ENV A=1 B="b c" C="${A} \"q\" \$x"]] },
  { ':label { ["a.b"] = "it\'s" }', [[LABEL a.b="it's"]] },
  { ':arg("A")', "ARG A" }, { ':arg { "A", { "B", "b c" } }', 'ARG A B="b c"' },
  { ':workdir "/a b"', "WORKDIR /a b" }, { ':user "$U"', "USER ${U}" },
  { ':stopsignal "SIGINT"', "STOPSIGNAL SIGINT" }, { ':maintainer "me"', "MAINTAINER me" },
  { ':expose("80", "53/udp")', "EXPOSE 80 53/udp" },
  { ':volume("/a", "/b c")', 'VOLUME ["/a","/b c"]' },
  { ':cmd "run it"', "CMD run it" }, { ':cmd { "a" }', 'CMD ["a"]' },
  { ':entrypoint { "a", "b" }', 'ENTRYPOINT ["a","b"]' },
  { ':shell { "/bin/bash", "-c" }', 'SHELL ["/bin/bash","-c"]' },
  { ":healthcheck(false)", "HEALTHCHECK NONE" },
  { ':healthcheck("true", { interval = "5s", start_period = "1m", retries = 3 })',
    "HEALTHCHECK --interval=5s --start-period=1m --retries=3 CMD true" },
  { ':onbuild "RUN x"', "ONBUILD RUN x" },
  { ':add(http "https://example.org/a", "/b")', "ADD https://example.org/a /b" },
}

describe("plain instructions", function()
  for _, case in ipairs(cases) do
    it("say what this does: " .. case[1], function()
      assert.same({ case[2] }, (plain(case[1])))
    end)
  end

  it("keep what ends with the escape of their file from going on", function()
    assert.same({ "RUN <<'EOF'\na`\nEOF" }, (plain(':run "a`"', "`")))
    assert.same({ "RUN a\\" }, (plain(':run "a\\\\"', "`")))
    assert.same({ "USER a`\"\\b" }, (plain([[:user 'a"\\b']], "`")))
  end)

  it("have stages of their own for what is copied from", function()
    local lines, stages = plain [[:copy("/a", "/b", { from = from("x", {
      platform = "linux/arm64" }):run "make":copy("/c", "/d", { from = from "y":run "z" }) })]]
    assert.same({ "COPY --from=lamina-expanded-2 /a /b" }, lines)
    assert.same({ { "FROM y AS lamina-expanded-1", "RUN z" },
      { "FROM --platform=linux/arm64 x AS lamina-expanded-2", "RUN make",
        "COPY --from=lamina-expanded-1 /c /d" } }, stages)
  end)

  it("can't say everything", function()
    for chain, what in pairs {
      [":squash()"] = "layer", [':run("x", { user = "a" })'] = "run with 'user'",
      [':run("x", { cache = false })'] = "run with 'cache = false'",
      [':annotate { a = "b" }'] = "annotate", [':env { A = "a\\nb" }'] = "env with a line end",
      [':workdir "/a\\nb"'] = "workdir with a line end",
      [':copy("a", "/b", { chown = "a b" })'] = "--chown with a blank",
      [':run("x", { mounts = { tmpfs "/a,b" } })'] = "a mount whose target is '/a,b'",
      [':cmd "a\\nb"'] = "CMD with such a text",
      [':copy("a", "/b", { from = merge { from "a", from "b" } })'] = "what is copied from",
      [':copy({ f = "no line end" }, "/d/")'] = "the file 'f'",
    } do
      assert.equal(("recipe.lua:3: %s can't be written in a plain Dockerfile"):format(what),
        refused(chain))
    end
  end)
end)
