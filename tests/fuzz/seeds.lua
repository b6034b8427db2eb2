--- Seeds for a fuzz target: lua5.4 tests/fuzz/seeds.lua TARGET FOLDER
local hostile = require "support.hostile"
local tar = require "support.tar"

local target, folder = arg[1], arg[2]
local seeds = {}

function seeds.apply(write)
  for number, case in ipairs(hostile) do
    local bytes = type(case.list) == "string" and case.list or tar.of(case.list)
    if #bytes < 16384 then
      bytes = bytes:gsub("\0+$", "") .. tar.eof -- short ones are mutated best
      write(number, "\0" .. bytes)
      if number % 4 == 0 then write(number .. "-tree", "\1" .. bytes) end
    end
  end
end

--- One kind of input for dockerfile.lua after the other.
function seeds.dockerfile(write)
  local pipe <close> = assert(io.popen "ls tests/golden/corpus/*.Dockerfile")
  for name in pipe:lines() do
    local file <close> = assert(io.open(name, "rb"))
    local text = file:read("a")
    if #text < 1000 then write("D-" .. name:match("[^/]*$"), "D" .. text) end
  end
  for i, case in ipairs(dofile "tests/golden/dockerfile/parsing.lua") do
    write("D-" .. i, "D" .. case[3])
  end
  for i, case in ipairs(dofile "tests/golden/dockerfile/words.lua") do
    write("W-" .. i, "W" .. case[2])
  end
  for i, case in ipairs(dofile "tests/golden/dockerfile/ignore.lua") do
    local paths = {}
    for path in pairs(case[3]) do paths[#paths + 1] = path end
    table.sort(paths)
    write("I-" .. i, "I" .. case[2] .. "\n--\n" .. table.concat(paths, "\n"))
  end
end

function seeds.yaml(write)
  for i, case in ipairs(dofile "tests/golden/yaml.lua") do write(i, case[2]) end
end

if seeds[target] then
  seeds[target](function(name, bytes)
    local file <close> = assert(io.open(("%s/%s"):format(folder, name), "wb"))
    assert(file:write(bytes))
  end)
end
