--- `# lamina: use=./apt.lua,include` before the first instruction of a Dockerfile: which
-- instructions of users' own it uses. To every other program it is a comment.
--
--   uses.of(text, "Dockerfile") -> { { name = "./apt.lua", line = 1 }, { name = "include", … } }
local check = require "lamina.util.check"
local failure = require "lamina.util.failure"

local uses = {}

local function read(list, value, line, name)
  for word in value:gmatch("[^,]+") do
    word = word:match("^%s*(.-)%s*$")
    if word ~= "" then list[#list + 1] = { name = word, line = line } end
  end
  if #list > 0 then return end
  failure.raise("invalid-input", "use: a name or a file is missing", { file = name, line = line,
    hint = "write # lamina: use=apt or # lamina: use=./apt.lua" })
end

--- What the comments before the first instruction ask for.
function uses.of(text, name)
  local list, line = {}, 0
  for written in text:gsub("^\239\187\191", ""):gmatch("([^\n]*)\n?") do
    line = line + 1
    if written:find("%S") and not written:find("^%s*#") then break end
    local said = written:match("^%s*#%s*lamina:%s*(.-)%s*$")
    if said then
      local key, value = said:match("^([%w_-]+)%s*=%s*(.*)$")
      if key ~= "use" then
        local near = check.suggest(key or said, { "use" })
        failure.raise("invalid-input", ("unknown directive '# lamina: %s'"):format(said),
          { file = name, line = line, hint = near and "did you mean 'use'?" or "known is use=…" })
      end
      read(list, value, line, name)
    end
  end
  return list
end

return uses
