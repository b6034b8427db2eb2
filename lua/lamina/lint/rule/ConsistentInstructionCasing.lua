local scope = require "lamina.lint.scope"

local function is_lower_wanted(list)
  local lower, upper = 0, 0
  for _, instruction in ipairs(list) do
    local word = scope.keyword(instruction)
    if word == word:lower() then
      lower = lower + 1
    elseif word == word:upper() then
      upper = upper + 1
    end
  end
  return lower > upper
end

return {
  name = "ConsistentInstructionCasing", level = "warning", needs = "dockerfile",
  summary = "instructions are written in more than one case",
  why = "Either case works; one of them throughout reads best.",
  check = function(subject, report)
    local list = scope.instructions(subject)
    local change = is_lower_wanted(list) and string.lower or string.upper
    for _, instruction in ipairs(list) do
      local word = scope.keyword(instruction)
      if word ~= change(word) then
        report(instruction.line, ("'%s' isn't in the case that most instructions have here")
          :format(word), ("write '%s'"):format(change(word)))
      end
    end
  end,
}
