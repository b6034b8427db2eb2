local scan = require "lamina.util.word.scan"
local scope = require "lamina.lint.scope"

--- Whether a path certainly begins without a slash. One that begins with a variable nobody knows
-- may be anything.
local function is_relative(text, at, escape)
  local ok, nodes = pcall(scan.nodes, text, scan.docker(escape))
  local first = ok and nodes[1]
  if not first then return false end
  if first.name and at.env[first.name] == nil and (at.names[first.name] or at.is_open) then
    return false
  end
  local path = scope.expanded(text, at.env, escape)
  return path ~= nil and path:sub(1, 1) ~= "/" and not path:find("^%a:[/\\]")
end

return {
  name = "WorkdirRelativePath", level = "warning", needs = "dockerfile",
  summary = "the first WORKDIR is a relative path",
  why = "It goes on from the base image's directory, which another version may have elsewhere.",
  check = function(subject, report)
    scope.each(subject, function(instruction, at)
      if instruction.instruction == "WORKDIR" and not at.has_workdir and not at.has_custom
        and is_relative(instruction.args[1], at, subject.file.escape) then
        report(instruction.line, ("WORKDIR %s depends on the base image"):format(
          instruction.args[1]), ("WORKDIR /%s"):format(instruction.args[1]))
      end
    end)
  end,
}
