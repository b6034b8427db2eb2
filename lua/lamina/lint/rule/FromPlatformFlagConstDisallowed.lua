local platform = require "lamina.image.platform"

--- Whether a stage's name tells which platform it is for.
local function tells(name, of)
  name = name or ""
  return name:find(of.os, 1, true) ~= nil or name:find(of.architecture, 1, true) ~= nil
end

return {
  name = "FromPlatformFlagConstDisallowed", level = "warning", needs = "dockerfile",
  summary = "FROM --platform names a platform",
  why = "The image is for that one only, whatever --platform a build asks for.",
  check = function(subject, report)
    for _, stage in ipairs(subject.stages) do
      local text = stage.platform
      if text and not text:find("$", 1, true) then
        local ok, of = pcall(platform.parse, text)
        if ok and not tells(stage.name, of) then
          report(stage.line, ("--platform=%s is fixed"):format(text),
            "leave it out, use $BUILDPLATFORM, or name the stage after the platform")
        end
      end
    end
  end,
}
