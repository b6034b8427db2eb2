local scope = require "lamina.lint.scope"

return {
  name = "ExposeProtoCasing", level = "warning", needs = "dockerfile",
  summary = "EXPOSE has a protocol in capital letters",
  why = "Protocols are tcp, udp and sctp; the image has the port in lower case anyway.",
  check = function(subject, report)
    for _, instruction in ipairs(scope.instructions(subject)) do
      for _, port in ipairs(instruction.instruction == "EXPOSE" and instruction.args or {}) do
        local protocol = port:match("/([^/]*)$")
        if protocol and not protocol:find("$", 1, true) and protocol ~= protocol:lower() then
          report(instruction.line, ("the protocol of %s isn't in lower case"):format(port),
            "EXPOSE " .. port:lower())
        end
      end
    end
  end,
}
