-- The floors of the tree: a file requires or includes only from floors below its own.
-- Siblings (the same row) never see each other.
local floors = {
  c = { "base", "sys layer net", "bind", "host" },
  lua = { "util", "config", "image", "plan dockerfile", "recipe store", "archive registry exec",
    "build commit lint", "ui", "cli" },
}

local rank = { c = {}, lua = {} }
for side, list in pairs(floors) do
  for height, names in ipairs(list) do
    for name in names:gmatch("%S+") do rank[side][name] = height end
  end
end

--- Calls `visit(file, line)` for each line of the files below root that end in a suffix.
local function each_line(root, suffixes, visit)
  local pipe <close> = assert(io.popen(("find %s -type f"):format(root)))
  for file in pipe:lines() do
    if suffixes[file:match("%.(%w+)$")] then
      for line in io.lines(file) do visit(file, line) end
    end
  end
end

--- The references that go sideways or up, as text.
local function wrong_references(side, root, suffixes, pattern)
  local wrong = {}
  each_line(root, suffixes, function(file, line)
    local floor = file:match("^" .. root .. "/(%w+)/")
    local other = line:match(pattern)
    if floor and other and other ~= floor and rank[side][other] then
      if rank[side][other] >= (rank[side][floor] or 0) then
        wrong[#wrong + 1] = ("%s reaches %s"):format(file, other)
      end
    end
  end)
  return wrong
end

describe("the floors", function()
  it("hold in C", function()
    assert.same({}, wrong_references("c", "core", { c = true, h = true }, '^#include "(%w+)/'))
  end)

  it("hold in Lua", function()
    assert.same({}, wrong_references("lua", "lua/lamina", { lua = true },
      'require%s*%(?%s*"lamina%.(%w+)'))
  end)

  it("know every folder", function()
    for side, root in pairs { c = "core", lua = "lua/lamina" } do
      local pipe <close> = assert(io.popen("find " .. root .. " -mindepth 1 -maxdepth 1 -type d"))
      for dir in pipe:lines() do
        assert.is_truthy(rank[side][dir:match("[^/]+$")], dir .. " stands on no floor")
      end
    end
  end)

  it("let only core/bind see lua.h", function()
    local seen = {}
    each_line("core", { c = true, h = true }, function(file, line)
      if line:match("^#include <l[au][ua]%w*%.h>") and not file:match("^core/bind/") then
        seen[#seen + 1] = file
      end
    end)
    assert.same({}, seen)
  end)
end)
