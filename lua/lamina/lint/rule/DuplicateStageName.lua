return {
  name = "DuplicateStageName", level = "warning", needs = "dockerfile",
  summary = "two stages have one name",
  why = "The name means the later stage from there on; the earlier one can't be named any more.",
  check = function(subject, report)
    local lines = {}
    for _, stage in ipairs(subject.stages) do
      if stage.name and lines[stage.name] then
        report(stage.line, ("the stage's name '%s' is taken since line %d")
          :format(stage.name, lines[stage.name]), "give one of them another name")
      end
      if stage.name then lines[stage.name] = lines[stage.name] or stage.line end
    end
  end,
}
