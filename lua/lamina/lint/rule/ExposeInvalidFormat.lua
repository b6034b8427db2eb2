local scope = require "lamina.lint.scope"

--- The colon that splits a host's part off; one within ${…} is a variable's.
local function without_variables(port)
  return (port:gsub("%$%b{}", "0"))
end

return {
  name = "ExposeInvalidFormat", level = "warning", needs = "dockerfile",
  summary = "EXPOSE has an address or a port of the host",
  why = "An image only names its own ports; where they are reached is decided when it is run.",
  check = function(subject, report)
    for _, instruction in ipairs(scope.instructions(subject)) do
      for _, port in ipairs(instruction.instruction == "EXPOSE" and instruction.args or {}) do
        if without_variables(port):find(":", 1, true) then
          report(instruction.line, ("%s names more than a port of the image"):format(port),
            "EXPOSE " .. port:match("[^:]*$"))
        end
      end
    end
  end,
}
