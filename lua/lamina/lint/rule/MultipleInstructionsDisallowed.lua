local once = { CMD = true, ENTRYPOINT = true, HEALTHCHECK = true }

return {
  name = "MultipleInstructionsDisallowed", level = "warning", needs = "dockerfile",
  summary = "a stage has two CMD, ENTRYPOINT or HEALTHCHECK",
  why = "Only the last one of a stage counts.",
  check = function(subject, report)
    for _, stage in ipairs(subject.stages) do
      local before = {}
      for _, instruction in ipairs(stage.instructions) do
        local name = instruction.instruction
        if once[name] and before[name] then
          report(before[name], ("the %s in line %d takes the place of this one")
            :format(name, instruction.line), "keep one of them")
        end
        before[name] = instruction.line
      end
    end
  end,
}
