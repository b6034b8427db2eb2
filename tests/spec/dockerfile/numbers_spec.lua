-- What a Dockerfile means is numbered from 1 to 61: reading (1-16), variables (17-29), what
-- becomes of the configuration (30-44), copying files (45-61). Every number has a test that is
-- named by it: a row of a table in golden/dockerfile, or a test whose name has "(SEMANTICS 7)", in
-- cli/copy_spec and cli/sources_spec "(7)". Those are found here.
local last = 61

local found = {}

local function add(number)
  if number and number >= 1 and number <= last then found[number] = true end
end

local function add_list(list)
  for from, to in list:gmatch("(%d+)%-?(%d*)") do
    for number = tonumber(from), tonumber(to) or tonumber(from) do add(number) end
  end
end

local function read_spec(file)
  local has_short_names = file:find("/copy_spec") or file:find("/sources_spec")
  for line in io.lines(file) do
    if line:find("it(", 1, true) or line:find("describe(", 1, true) then
      for list in line:gmatch("SEMANTICS ([%d, and-]+)") do add_list(list) end
      if has_short_names then add_list(line:match("%(([%d, -]+)%)") or "") end
    end
  end
end

describe("numbers of what Dockerfiles mean", function()
  it("all have a test", function()
    for _, name in ipairs { "parsing", "meaning", "words" } do
      for _, case in ipairs(dofile("tests/golden/dockerfile/" .. name .. ".lua")) do
        add(case[1])
      end
    end
    local pipe <close> = assert(io.popen "ls tests/cli/*_spec.lua tests/spec/*/*_spec.lua")
    for file in pipe:lines() do read_spec(file) end
    local missing = {}
    for number = 1, last do
      if not found[number] then missing[#missing + 1] = number end
    end
    assert.equal("", table.concat(missing, " "))
  end)
end)
