local scope = require "lamina.lint.scope"

local telling = { apikey = true, auth = true, credential = true, credentials = true, key = true,
  password = true, pword = true, passwd = true, secret = true, token = true }

-- What a name with one of these holds isn't the secret itself.
local innocent = { public = true, file = true, version = true }

--- Whether a name's words, between underscores, tell a secret.
local function is_secret(name)
  local has_word = false
  for word in name:lower():gmatch("[^_]+") do
    if innocent[word] then return false end
    has_word = has_word or telling[word] or false
  end
  return has_word
end

local function names_of(instruction)
  local names = {}
  if instruction.instruction == "ARG" then
    for i, word in ipairs(instruction.args) do names[i] = word:match("^[^=]*") end
  elseif instruction.instruction == "ENV" then
    for i = 1, #instruction.args, 2 do names[#names + 1] = instruction.args[i] end
  end
  return names
end

return {
  name = "SecretsUsedInArgOrEnv", level = "warning", needs = "dockerfile",
  summary = "ARG or ENV has a name that tells a secret",
  why = "What it holds stays in the image's configuration and history, for everyone who has it.",
  check = function(subject, report)
    for _, instruction in ipairs(scope.instructions(subject)) do
      for _, name in ipairs(names_of(instruction)) do
        if is_secret(name) then
          report(instruction.line, ("%s %s looks like a secret"):format(instruction.instruction,
            name), ("RUN --mount=type=secret,id=%s,env=%s …"):format(name:lower(), name))
        end
      end
    end
  end,
}
