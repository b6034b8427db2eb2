return {
  name = "RedundantTargetPlatform", level = "warning", needs = "dockerfile",
  summary = "FROM asks for the target platform, which it has anyway",
  why = "It says nothing, and hides where a platform is really chosen.",
  check = function(subject, report)
    for _, stage in ipairs(subject.stages) do
      local platform = stage.platform
      if platform == "$TARGETPLATFORM" or platform == "${TARGETPLATFORM}" then
        report(stage.line, ("--platform=%s is what FROM does by itself"):format(platform),
          "leave --platform out")
      end
    end
  end,
}
