local reference = require "lamina.image.reference"
local scan = require "lamina.util.word.scan"
local scope = require "lamina.lint.scope"
local variables = require "lamina.lint.variables"

return {
  name = "InvalidDefaultArgInFrom", level = "warning", needs = "dockerfile",
  summary = "FROM names no image unless a build argument is given",
  why = "A build without --build-arg fails there.",
  check = function(subject, report)
    local values = scope.globals(subject, {})
    local predefined = setmetatable({}, { __index = function(_, name)
      return values[name] or scope.predefined[name] and "linux" or nil
    end })
    for _, stage in ipairs(subject.stages) do
      local base = scope.expanded(stage.base, predefined, subject.file.escape)
      local used = variables.in_word(stage.base, scan.docker(subject.file.escape))
      if base and #used > 0 and not pcall(reference.parse, base) then
        report(stage.line, ("with the defaults of its arguments, FROM %s names '%s', which is"
          .. " no image"):format(stage.base, base), ("give a default: ARG %s=…")
          :format(used[1].name))
      end
    end
  end,
}
