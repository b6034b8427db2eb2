local scope = require "lamina.lint.scope"

return {
  name = "MaintainerDeprecated", level = "warning", needs = "dockerfile",
  summary = "MAINTAINER is used",
  why = "The instruction is deprecated; a label does the same, and tools find it.",
  check = function(subject, report)
    for _, instruction in ipairs(scope.instructions(subject)) do
      if instruction.instruction == "MAINTAINER" then
        report(instruction.line, "MAINTAINER is deprecated",
          ('LABEL org.opencontainers.image.authors="%s"'):format(
            instruction.args[1]:gsub('^"(.*)"$', "%1"):gsub('["\\$]', "\\%0")))
      end
    end
  end,
}
