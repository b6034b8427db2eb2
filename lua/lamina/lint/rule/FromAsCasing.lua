local scope = require "lamina.lint.scope"

return {
  name = "FromAsCasing", level = "warning", needs = "dockerfile",
  summary = "FROM and AS are written in different cases",
  why = "Keywords of one line read best in one case.",
  check = function(subject, report)
    for _, stage in ipairs(subject.stages) do
      local from, as = scope.keyword(stage.from), stage.from.args[2]
      -- a mixed 'From' is another rule's
      local wanted = from == from:lower() and "as" or from == from:upper() and "AS"
      if as and wanted and as ~= wanted then
        report(stage.line, ("'%s' is in another case than '%s'"):format(as, from),
          ("%s %s %s %s"):format(from, stage.base, wanted, stage.from.args[3]))
      end
    end
  end,
}
