-- The table of settings, and the documentation that is held to it.
local file = require "lamina.config.file"
local helper = require "support.helper"
local keys = require "lamina.config.keys"
local kind = require "lamina.config.kind"

--- Every row with its whole name.
local function rows()
  local list = {}
  for _, row in ipairs(keys.rows) do list[#list + 1] = { row.name, row } end
  for _, row in ipairs(keys.registry_rows) do
    list[#list + 1] = { "registries.HOST." .. row.name, row }
  end
  return list
end

--- The row of the page for a setting.
local function documented(name, row)
  local help, default = row.help, row.otherwise
  if row.choices then help = help .. ": " .. table.concat(row.choices, ", ") end
  if row.default ~= nil then default = "`" .. kind.format(row, row.default) .. "`" end
  return ("| `%s` | %s | %s | %s |"):format(name, help, default,
    row.variable and "`" .. row.variable .. "`" or "")
end

describe("lamina.config.keys", function()
  after_each(helper.cleanup)

  it("has a help and either a default or words for it in each row", function()
    for _, one in ipairs(rows()) do
      local row = one[2]
      assert.is_string(row.help, one[1])
      assert.is_true((row.default == nil) ~= (row.otherwise == nil), one[1])
    end
  end)

  it("has defaults that a file may have", function()
    for _, row in ipairs(keys.rows) do
      if row.default ~= nil then
        assert.equal(row.default, kind.read(row, kind.plain(row, row.default)), row.name)
      end
    end
  end)

  it("stands whole in configuration.md, which has no other keys", function()
    local page, expected = helper.read "recipes/configuration.md", {}
    for i, one in ipairs(rows()) do expected[i] = documented(one[1], one[2]) end
    local found = {}
    for line in page:gmatch("[^\n]+") do
      if line:find("^| `") then found[#found + 1] = line end
    end
    table.sort(expected)
    table.sort(found)
    assert.same(expected, found)
  end)

  it("has an example in config.yaml for every key, which can be read", function()
    local path, named = helper.tmpdir() .. "/config.yaml", {}
    os.execute("chmod go-w " .. helper.write(path, helper.read "recipes/config.yaml"))
    for name in pairs(file.read(path)) do
      named[name:gsub("^(registries%.).*(%.[^.]+)$", "%1HOST%2")] = true
    end
    for _, one in ipairs(rows()) do assert.is_true(named[one[1]], one[1]) end
  end)
end)
