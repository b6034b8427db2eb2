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

if seeds[target] then
  seeds[target](function(name, bytes)
    local file <close> = assert(io.open(("%s/%s"):format(folder, name), "wb"))
    assert(file:write(bytes))
  end)
end
