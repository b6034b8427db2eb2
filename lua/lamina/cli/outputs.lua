--- What `-o` says: "type=oci,dest=x.tar", or in short a directory, or "-" for a tar on standard
-- output.
local csv = require "lamina.cli.csv"
local failure = require "lamina.util.failure"

local outputs = {}

local function usage(word, why, hint)
  failure.raise("usage", ("--output: %s, in '%s'"):format(why, word),
    { hint = hint or "--output type=oci,dest=image.tar, or --output DIRECTORY" })
end

local function parse(word)
  local fields = csv.fields(word, "--output")
  if #fields == 1 and not fields[1]:find("=", 1, true) then
    if word == "" then usage(word, "a directory or type=… expected") end
    if word == "-" then return { type = "tar", dest = "-" } end
    return { type = "local", dest = fields[1] }
  end
  local output = csv.pairs(fields, function(message) usage(word, message) end)
  if not output.type then usage(word, "'type' is missing") end
  return output
end

--- The outputs of build.run for the values of an option; nil where there are none.
function outputs.parse(words)
  if #words == 0 then return nil end
  local list = {}
  for i, word in ipairs(words) do list[i] = parse(word) end
  return list
end

return outputs
