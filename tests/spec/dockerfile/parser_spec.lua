local failure = require "lamina.util.failure"
local parser = require "lamina.dockerfile.parser"

--- One instruction as tests/golden/dockerfile/parsing.lua writes it, without its line.
local function shown(instruction)
  local parts = { instruction.instruction, " " }
  for _, flag in ipairs(instruction.flags) do parts[#parts + 1] = flag .. " " end
  if instruction.onbuild then return table.concat(parts) .. shown(instruction.onbuild) end
  if instruction.json then parts[#parts + 1] = "json " end
  for _, word in ipairs(instruction.args) do parts[#parts + 1] = "[" .. word .. "]" end
  for _, one in ipairs(instruction.heredocs or {}) do
    parts[#parts + 1] = ('<%s%s"%s">'):format(one.name, one.expand and ":" or "!", one.content)
  end
  return table.concat(parts)
end

--- What a text is read as; the failure's text where it isn't read.
local function outcome(text)
  local ok, file = pcall(parser.parse, text)
  if not ok then
    if not failure.is(file, "invalid-input") then error(file, 0) end
    local hint = file.hint and (" (%s)"):format(file.hint) or ""
    return ("error %s: %s%s"):format(file.line or "-", file.message, hint)
  end
  local list = {}
  for i, instruction in ipairs(file.instructions) do
    list[i] = instruction.line .. " " .. shown(instruction)
  end
  return table.concat(list, "\n")
end

describe("reading a Dockerfile (SEMANTICS D1)", function()
  for _, case in ipairs(dofile "tests/golden/dockerfile/parsing.lua") do
    local item, what, text, expected = table.unpack(case)
    it(("item %d: %s"):format(item, what), function()
      local result = outcome(text)
      if expected:find("^error") then result = result:sub(1, #expected) end
      assert.equal(expected, result)
    end)
  end

  it("keeps comments and blank lines with the instruction behind them", function()
    local file = parser.parse "# a\n\n  # b \nFROM x\n\nRUN y \\\n # c\n z\n# d"
    assert.same({ "# a", "", "# b" }, file.instructions[1].before)
    assert.same({ "" }, file.instructions[2].before)
    assert.same({ "# c" }, file.instructions[2].inside)
    assert.same({ "# d" }, file.after)
    assert.same({ 6, 8 }, { file.instructions[2].line, file.instructions[2].end_line })
  end)

  it("names the file, the line and what was expected", function()
    local ok, err = pcall(parser.parse, "FROM a\n\nCOPY x", { name = "dir/Dockerfile" })
    assert.is_false(ok)
    assert.equal("dir/Dockerfile:3: COPY takes 2 arguments at least, there is only 'x'",
      tostring(err))
  end)

  it("reads the options of mounts, aliases and all", function()
    local text = 'FROM a\nRUN --mount=type=cache,dst=/c,id=x,sharing=LOCKED,mode=0755,uid=$U '
      .. '--mount=src=/s,destination=/d,rw '
      .. "--mount='type=secret,id=k,required,\"target=/a,b\"' --mount=type=tmpfs,target=/t,size=1m"
      .. ' make'
    assert.same({
      { type = "cache", target = "/c", id = "x", sharing = "locked", mode = 493, uid = "$U" },
      { type = "bind", source = "/s", target = "/d", readonly = false },
      { type = "secret", id = "k", required = true, target = "/a,b" },
      { type = "tmpfs", target = "/t", size = 1 << 20 },
    }, parser.parse(text).instructions[2].mounts)
  end)

  it("refuses mounts that can't be, and suggests", function()
    local cases = {
      ["type=cahce,target=/x"] = "unknown type 'cahce' (did you mean 'cache'?)",
      ["type=bind,taget=/x"] = "unknown option 'taget' (did you mean 'target'?)",
      ["type=bind,target=/x,uid=1"] = "'uid' isn't an option of type bind",
      ["type=cache,target=/x,sharing=all"] = "sharing is shared, private or locked, not 'all'",
      ["type=cache,target=/x,mode=9"] = "mode is an octal number, not '9'",
      ["type=tmpfs,target=/x,size=1e30"] = "size is a size like 64m, not '1e30'",
      ["type=bind,target=/x,ro=maybe"] = "readonly is true or false, not 'maybe'",
      ["type=cache"] = "type cache needs a target",
      ["type=secret"] = "a secret needs an id",
      ["type=cache,target"] = "'target' needs a value (write target=VALUE)",
      ["type=bind,target=/x,bind-propagation=shared"] = "unknown option 'bind-propagation'",
    }
    for text, message in pairs(cases) do
      assert.equal("error 2: --mount: " .. message, outcome("FROM a\nRUN --mount=" .. text .. " x"))
    end
  end)
end)

describe("hostile Dockerfiles (DF-01, DF-02, DF-04)", function()
  it("are refused with their line when they aren't text", function()
    assert.matches("^error 1: the text is UTF%-16", outcome("\255\254F\0"))
    assert.matches("^error 2: there is a zero byte", outcome("FROM a\nRUN \0"))
    assert.matches("^error 2: the text is not UTF%-8", outcome("FROM a\nRUN caf\xe9"))
    assert.matches("^error 2: the text is not UTF%-8", outcome("FROM a\nRUN <<E\n\xe9\nE"))
  end)

  it("may have comments in another encoding", function()
    assert.same({ "# caf\u{fffd}" }, parser.parse("# caf\xe9\nFROM a").instructions[1].before)
  end)

  it("may not be larger than the limit", function()
    assert.matches("^error %-: the file is larger than 1048576 bytes",
      outcome("FROM a\nRUN " .. ("x"):rep(1 << 20)))
    assert.is_truthy(parser.parse("FROM a\nRUN " .. ("x"):rep(1 << 20), { limit = 1 << 21 }))
  end)

  it("are read in linear time and without a deep stack", function()
    local much = 100000
    for _, text in ipairs {
      ("RUN x\n"):rep(much), "RUN " .. ("a \\\n"):rep(much), "RUN a" .. (" "):rep(much) .. "b",
      "RUN " .. ("[ "):rep(much), "RUN " .. ("${a:-"):rep(much) .. " <<E",
      "ENV " .. ("a=b "):rep(much),
      "ONBUILD " .. ("ONBUILD "):rep(much), "RUN " .. ('"'):rep(much) .. " <<E",
      ("\n"):rep(much) .. "RUN x",
      "COPY " .. ("--exclude=a "):rep(much) .. "a b",
      "RUN a" .. ("\\ "):rep(much) .. "b",
      "RUN " .. ("<<A "):rep(1000) .. "\n" .. ("A\n"):rep(1000), "RUN " .. ("<"):rep(much),
      "ENV " .. ("a\\"):rep(much) .. "=b",
      "ENV a=" .. ("\"'"):rep(much),
      "RUN a\n" .. ("# x\n"):rep(much), "LABEL " .. ('"'):rep(much + 1),
      "RUN " .. ("--mount=target=x "):rep(1000) .. "x",
    } do
      assert.is_string(outcome("FROM a\n" .. text))
    end
  end)
end)
