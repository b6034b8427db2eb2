return {
  name = "StageNameCasing", level = "warning", needs = "dockerfile",
  summary = "a stage's name has capital letters",
  why = "Names of stages don't distinguish case, so one spelling should do.",
  check = function(subject, report)
    for _, stage in ipairs(subject.stages) do
      local name = stage.from.args[3]
      if name and name ~= name:lower() then
        report(stage.line, ("the stage's name '%s' isn't in lower case"):format(name),
          ("FROM %s AS %s"):format(stage.base, name:lower()))
      end
    end
  end,
}
