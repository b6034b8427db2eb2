local scope = require "lamina.lint.scope"

return {
  name = "LegacyKeyValueFormat", level = "warning", needs = "dockerfile",
  summary = "ENV or LABEL has a blank where = belongs",
  why = "The old form takes one name only, and the rest of the line, whatever is in it.",
  check = function(subject, report)
    for _, instruction in ipairs(scope.instructions(subject)) do
      if instruction.legacy then
        local name, value = instruction.args[1], instruction.args[2]
        if value:find("%s") and not value:find("^[\"']") then
          value = '"' .. value:gsub('"', '\\"') .. '"'
        end
        report(instruction.line, ("'%s %s …' is the old form"):format(instruction.instruction,
          name), ("%s %s=%s"):format(instruction.instruction, name, value))
      end
    end
  end,
}
