local chain = require "lamina.lint.chain"

--- Whether a command has apt do something.
local function has_apt(command, word)
  for part in chain.parts(command) do
    for _, program in ipairs { "%f[%w]apt%-get%s.*", "%f[%w]apt%s.*" } do
      if chain.has(part, program .. word) then return true end
    end
  end
  return false
end

return {
  name = "PackageUpdateAlone", level = "advice", needs = "plan",
  summary = "apt-get update is a step of its own, before the one that installs",
  why = "It stays cached when the packages change, and then installs from lists that are old.",
  check = function(subject, report)
    for _, list in ipairs(chain.all(subject.plan)) do
      local pending
      for _, step in ipairs(list) do
        local command = chain.command(step)
        if has_apt(command, "update") then
          pending = not has_apt(command, "install") and step or nil
        elseif pending and has_apt(command, "install") then
          report(pending, ("the lists are fetched here and used in line %d"):format(
            step.line or 1), "apt-get update && apt-get install … in one step")
        end
      end
    end
  end,
}
