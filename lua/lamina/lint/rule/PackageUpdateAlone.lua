local chain = require "lamina.lint.chain"

local function updates(command)
  return command:find("%f[%w]apt%-get%s[^&;|\n]*update") ~= nil
    or command:find("%f[%w]apt%s[^&;|\n]*update") ~= nil
end

local function installs(command)
  return command:find("%f[%w]apt%-get%s[^&;|\n]*install") ~= nil
    or command:find("%f[%w]apt%s[^&;|\n]*install") ~= nil
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
        if updates(command) then
          pending = not installs(command) and step or nil
        elseif pending and installs(command) then
          report(pending, ("the lists are fetched here and used in line %d"):format(
            step.line or 1), "apt-get update && apt-get install … in one step")
        end
      end
    end
  end,
}
