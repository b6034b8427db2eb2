--- The last line of the instruction's own text: heredocs follow behind it.
local function last_line(instruction)
  local line = instruction.end_line
  for _, one in ipairs((instruction.onbuild or instruction).heredocs or {}) do
    local _, count = one.raw:gsub("\n", "")
    line = line - count - 1
  end
  return line
end

return {
  name = "NoEmptyContinuation", level = "warning", needs = "dockerfile",
  summary = "an instruction of several lines has an empty one",
  why = "It is deprecated, and will be an error in some version of the language.",
  check = function(subject, report)
    for _, instruction in ipairs(subject.file.instructions) do
      if instruction.empty_line then
        report(last_line(instruction), ("line %d within the %s is empty")
          :format(instruction.empty_line, instruction.instruction),
          "remove the empty line, or make it a comment")
      end
    end
  end,
}
