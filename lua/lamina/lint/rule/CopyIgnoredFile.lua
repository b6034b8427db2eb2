local path = require "lamina.util.path"
local scope = require "lamina.lint.scope"

local function sources(instruction)
  local name = instruction.instruction
  if name ~= "COPY" and name ~= "ADD" or instruction.options.from then return {} end
  return table.move(instruction.args, 1, #instruction.args - 1, 1, {})
end

local function is_plain(source)
  return not source:find("[$*?%[]") and not source:find("^<<") and not source:find("^%a+://")
end

return {
  name = "CopyIgnoredFile", level = "warning", needs = "dockerfile", is_experimental = true,
  summary = "COPY or ADD names a file that .dockerignore leaves out",
  why = "The file isn't in the build context, so the build fails there.",
  check = function(subject, report)
    -- with a `!` a directory that is left out may still have files that aren't
    if not subject.ignores or subject.has_exceptions then return end
    for _, instruction in ipairs(scope.instructions(subject)) do
      for _, source in ipairs(sources(instruction)) do
        local clean = is_plain(source) and path.clean("/" .. source):sub(2)
        if clean and clean ~= "" and subject.ignores(clean, false) ~= "keep" then
          report(instruction.line, ("%s is left out by .dockerignore"):format(source),
            ("take it out of .dockerignore, or add !%s"):format(clean))
        end
      end
    end
  end,
}
