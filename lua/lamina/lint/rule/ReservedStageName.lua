local reserved = { scratch = "the empty image", context = "the build context" }

return {
  name = "ReservedStageName", level = "warning", needs = "dockerfile",
  summary = "a stage is called scratch or context",
  why = "The word has a meaning of its own, which the stage hides or is hidden by.",
  check = function(subject, report)
    for _, stage in ipairs(subject.stages) do
      if stage.name and reserved[stage.name] then
        report(stage.line, ("the stage's name '%s' stands for %s"):format(stage.name,
          reserved[stage.name]), "give it another name")
      end
    end
  end,
}
