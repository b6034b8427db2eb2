local check = require "lamina.util.check"
local scan = require "lamina.util.word.scan"
local scope = require "lamina.lint.scope"
local variables = require "lamina.lint.variables"

local most_suggestions = 20 -- each looks through all names

local function sorted(...)
  local names = {}
  for _, set in ipairs { ... } do
    for name in pairs(set) do names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

return {
  name = "UndefinedArgInFrom", level = "warning", needs = "dockerfile",
  summary = "FROM has a variable that no ARG before it declares",
  why = "It is empty: FROM knows only what ARG declares before the first FROM.",
  check = function(subject, report)
    local _, declared = scope.globals(subject, {})
    local names = sorted(declared, scope.predefined)
    local dialect = scan.docker(subject.file.escape)
    local left = most_suggestions
    for _, stage in ipairs(subject.stages) do
      local used = variables.in_word(stage.base, dialect)
      if stage.platform then variables.in_word(stage.platform, dialect, used) end
      for _, variable in ipairs(used) do
        local name = variable.name
        if not declared[name] and not scope.predefined[name] and not variable.has_default then
          local near = left > 0 and check.suggest(name, names)
          left = left - 1
          report(stage.line, ("no ARG before the first FROM declares '%s'"):format(name),
            near and ("did you mean $%s?"):format(near) or ("ARG %s=… before FROM"):format(name))
        end
      end
    end
  end,
}
