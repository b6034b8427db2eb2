local commands = require "lamina.cli.commands"
local option = require "lamina.cli.option"

local rows, names = {}, {}
for _, group in ipairs(commands) do
  for _, row in ipairs(group) do
    rows[row[1]] = row[2]
    names[#names + 1] = row[1]
  end
end

local files = {}
local pipe <close> = assert(io.popen "ls lua/lamina/cli/cmd")
for file in pipe:lines() do files[#files + 1] = file:match("^(.*)%.lua$") end

local function load(name)
  return require("lamina.cli.cmd." .. name)
end

local known_needs = { store = true, join = true, loop = true }

describe("lamina.cli.commands", function()
  it("has a row for each file and a file for each row", function()
    table.sort(names)
    table.sort(files)
    assert.same(files, names)
  end)

  it("tells the summary that the command itself has", function()
    for name, summary in pairs(rows) do
      assert.equal(summary, load(name).summary, name)
      assert.is_true(#summary <= 60, name .. ": too long for the overview")
      assert.is_nil(summary:find("%.$"), name .. ": the dot is added")
    end
  end)

  it("has all that help shows of each command", function()
    for name in pairs(rows) do
      local command = load(name)
      assert.equal(name, command.name)
      assert.is_function(command.run, name)
      assert.is_nil(command.usage:find("^lamina"), name)
      assert.equal(name, command.usage:match("^%S+"), name)
      assert.matches("lamina " .. name, command.example, 1, true)
      assert.is_true(command.needs == nil or known_needs[command.needs], name)
    end
  end)

  it("has a help text of each option, and no two by the same name", function()
    for name in pairs(rows) do
      local taken = {}
      for _, row in ipairs(load(name).options or {}) do
        local where = ("%s --%s"):format(name, tostring(row.long))
        assert.is_string(row.help, where)
        assert.is_nil(row.default and row.help:find("default", 1, true), where .. ": it is added")
        assert.matches("^%l[%l%d-]+$", row.long)
        assert.is_nil(taken[row.long], where)
        assert.is_nil(row.short and taken[row.short], where)
        assert.is_true(row.short == nil or #row.short == 1, where)
        taken[row.long], taken[row.short or ""] = true, row.short and true or nil
        assert.is_true(not (row.many or row.choices or row.integer) or row.value ~= nil, where)
      end
    end
  end)

  it("has rows of arguments that the usage shows too", function()
    for name in pairs(rows) do
      local command, last_optional = load(name), false
      for _, row in ipairs(command.arguments or {}) do
        assert.matches(row.name:match("^[%u_]+"), command.usage, 1, true)
        assert.is_true(row.optional or not last_optional, name .. ": optional ones come last")
        last_optional = row.optional
      end
    end
  end)

  it("has examples that its own options take", function()
    for name in pairs(rows) do
      local command = load(name)
      for line in command.example:gmatch("lamina " .. name .. "([^|;&\n]*)") do
        local words = {}
        for word in line:gsub("'[^']*'", "quoted"):gmatch("%S+") do words[#words + 1] = word end
        local ok, err = pcall(option.parse, command.options or {}, words, command.stops_early)
        assert.is_true(ok, name .. ": " .. tostring(err))
      end
    end
  end)
end)
