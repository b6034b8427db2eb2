local platform = require "lamina.image.platform"
local scope = require "lamina.lint.scope"

--- What an image says it is for; nil where it doesn't, as those that were made from a tar.
local function platform_of(config)
  local architecture = config.architecture or ""
  if architecture == "" then return nil end
  return { os = config.os or "linux", architecture = architecture, variant = config.variant }
end

local function wanted_of(subject, stage, values)
  local text = stage.platform and scope.expanded(stage.platform, values, subject.file.escape)
  local ok, wanted = pcall(platform.parse, text or subject.platform or "")
  return ok and wanted or nil
end

local function values_of(subject)
  local values = scope.globals(subject, subject.args or {})
  values.BUILDPLATFORM = values.BUILDPLATFORM or platform.format(platform.host())
  values.TARGETPLATFORM = values.TARGETPLATFORM or subject.platform
  return values
end

return {
  name = "InvalidBaseImagePlatform", level = "warning", needs = "dockerfile",
  summary = "a base image in the store is for another platform than is built for",
  why = "Its programs don't run where the image is meant to.",
  check = function(subject, report)
    if not subject.image then return end
    local values = values_of(subject)
    for _, stage in ipairs(subject.stages) do
      local ref = not stage.base_stage
        and scope.expanded(stage.base, values, subject.file.escape)
      local config = ref and ref ~= "scratch" and subject.image(ref)
      local has = config and platform_of(config)
      local wanted = has and wanted_of(subject, stage, values)
      if wanted and (has.architecture ~= wanted.architecture or has.os ~= wanted.os) then
        report(stage.line, ("%s in the store is for %s, the build for %s"):format(ref,
          platform.format(has), platform.format(wanted)),
          ("import or load %s for %s"):format(ref, platform.format(wanted)))
      end
    end
  end,
}
