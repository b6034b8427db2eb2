--- Commands on several things do each of them, tell what failed, and go on.
local failure = require "lamina.util.failure"
local report = require "lamina.cli.report"

--- Calls `work(name)` for each name; answers the status of the last failure, or 0. With
-- `options.force` a thing that isn't there is no failure.
return function(context, names, work)
  local status = 0
  for _, name in ipairs(names) do
    local ok, err = pcall(work, name)
    if not ok then
      if not failure.is(err) or err.kind == "interrupted" then error(err, 0) end
      if not (context.options.force and err.kind == "not-found") then
        context.out:flush()
        status = report.failure(err, context.options.debug)
      end
    end
  end
  return status
end
