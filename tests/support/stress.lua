--- Runs a function while the collector never pauses: what a binding doesn't hold is gone at once.
return function(fn, ...)
  collectgarbage("incremental", 1, 1000, 4)
  collectgarbage("setpause", 0)
  local result = table.pack(pcall(fn, ...))
  collectgarbage("incremental", 200, 100, 13)
  if not result[1] then error(result[2], 0) end
  return table.unpack(result, 2, result.n)
end
