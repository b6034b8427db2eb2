local path = require "lamina.util.path"
local scope = require "lamina.lint.scope"

local function sources(instruction)
  local name = instruction.instruction
  if name ~= "COPY" and name ~= "ADD" or instruction.options.from then return {} end
  return table.move(instruction.args, 1, #instruction.args - 1, 1, {})
end

--- Whether it is one path, for which an ignore file can be asked. Without a `!` in that it doesn't
-- matter what the path's wildcards stand for.
local function is_known(source, has_exceptions)
  return not source:find(has_exceptions and "[$*?%[]" or "%$") and not source:find("^<<")
    and not source:find("^%a+://")
end

--- Whether nothing of a source is in the context, whatever it is there.
local function is_left_out(subject, source)
  if not is_known(source, subject.has_exceptions) then return false end
  local clean = path.clean("/" .. source):sub(2)
  if clean == "" then return subject.ignores_all or false end
  return subject.ignores(clean, true) == "prune"
end

return {
  name = "CopyIgnoredFile", level = "warning", needs = "dockerfile", is_experimental = true,
  summary = "COPY or ADD names a file that .dockerignore leaves out",
  why = "The file isn't in the build context, so the build fails there.",
  check = function(subject, report)
    if not subject.ignores then return end
    for _, instruction in ipairs(scope.instructions(subject)) do
      for _, source in ipairs(sources(instruction)) do
        if is_left_out(subject, source) then
          report(instruction.line, ("%s is left out by .dockerignore"):format(source),
            ("take it out of .dockerignore, or add !%s"):format(path.clean(source)))
        end
      end
    end
  end,
}
