-- The meanings that lamina shares with Docker are numbered, 1 to 100, and tests name the numbers
-- they show. No number may lose its last test unnoticed.
local helper = require "support.helper"

local last = 100

-- Numbers that no test names, each with the reason.
local exceptions = {}

-- Where a list of numbers stands: "SEMANTICS 1, 2 and 5 to 7", "item 3", `"4, 5: title"`,
-- `title (6, 7)"`, and rows of golden files, `{ 8, "title"`. They count only in files that say
-- somewhere what their numbers are.
local list = "(%d[%d, andto%-]*)"
local patterns = {
  "SEMANTICS " .. list, "SEMANTICS D%d,? ?i?t?e?m?s? ?" .. list, "items? " .. list,
  "[\"']" .. list .. ": ", "%(" .. list .. "%)[\"']", "\n%s*{ (%d+), [\"'%a%[]",
}

local function note(found, text, file)
  local from
  for number, behind in text:gmatch "(%d+)([^%d]*)" do
    number = tonumber(number)
    for i = from or number, math.min(number, last) do found[i] = file end
    from = (behind:find "to" or behind:find "^%-") and number or nil
  end
end

--- The numbers that the tests name: number -> a file that does.
local function named()
  local found = {}
  local _, files = helper.sh("cd " .. helper.top .. "; find tests -name '*.lua' -o -name '*.c'")
  for file in files:gmatch "[^\n]+" do
    local text = file:find "semantics_spec" and "" or helper.read(helper.top .. "/" .. file)
    text = "\n" .. text:gsub("\n%-%- ", " ")
    for _, pattern in ipairs(text:find "SEMANTICS" and patterns or {}) do
      for numbers in text:gmatch(pattern) do note(found, numbers, file) end
    end
  end
  return found
end

describe("the numbered meanings", function()
  it(("are each shown by a test that names its number, 1 to %d"):format(last), function()
    local found, missing = named(), {}
    for number = 1, last do
      if not found[number] and not exceptions[number] then missing[#missing + 1] = number end
    end
    assert.same({}, missing)
  end)

  it("have no exception that a test has made needless", function()
    local found = named()
    for number, reason in pairs(exceptions) do
      assert.is_nil(found[number], ("%d (%s)"):format(number, reason))
    end
  end)
end)
