--- --use: instructions of users' own that the command line names, "apt" or a file.
local failure = require "lamina.util.failure"
local input = require "lamina.cli.input"

local uses = {}

local limit = 1 << 20

--- The option's row, for commands that read a Dockerfile or recipe.
uses.option = { long = "use", value = "NAME|FILE", many = true,
  help = "an instruction of one's own to know, as `use` in a recipe" }

--- The names as recipe.evaluate takes them, and the files' texts by these names.
function uses.read(words)
  local names, given = {}, {}
  for i, word in ipairs(words or {}) do
    names[i] = word
    if not word:find("^[%w_-]+$") then
      local text = input.read(word, limit)
      if not utf8.len(text) then
        failure.raise("invalid-input", "the instruction isn't UTF-8", { file = word, line = 1 })
      end
      given[word] = text
    end
  end
  return names, given
end

return uses
