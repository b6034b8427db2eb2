local json = require "lamina.core.json"
local scope = require "lamina.lint.scope"

--- The command in its JSON form, where that means the same without a shell.
local function suggestion(instruction)
  local text = instruction.args[1] or ""
  if text == "" or text:find("[%c\"'\\$`|&;<>()*?~{}#=!%[%]]") then
    return ('%s ["program", "argument"], or SHELL before it'):format(instruction.instruction)
  end
  local list = {}
  for word in text:gmatch("%S+") do list[#list + 1] = json.encode(word) end
  return ("%s [%s]"):format(instruction.instruction, table.concat(list, ", "))
end

return {
  name = "JSONArgsRecommended", level = "warning", needs = "dockerfile",
  summary = "CMD or ENTRYPOINT is in its shell form",
  why = "The shell is process 1 then, and doesn't pass signals on: stopping the container hangs.",
  check = function(subject, report)
    scope.each(subject, function(instruction, at)
      local name = instruction.instruction
      if (name == "CMD" or name == "ENTRYPOINT") and not instruction.json and not at.has_shell then
        report(instruction.line, name .. " is run by a shell, which gets the signals",
          suggestion(instruction))
      end
    end)
  end,
}
