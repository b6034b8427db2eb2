--- The instructions of a Dockerfile as rows of one table. Users' own are rows of the same kind.
--
--   { name = "COPY", help = "…", form = "paths", least = 2,
--     flags = { { name = "link", kind = "boolean" } },
--     has_heredocs = true,                          -- may be followed by heredocs
--     check = function(instruction, complain) … end,   -- what its form can't tell
--     apply = function(stage, call) … end }         -- what it does: answers the stage after it
--
-- `least` and `most` count arguments. forms.lua has the forms, flags.lua the kinds of flags,
-- call.lua what `apply` is given. Only FROM has none: it begins a stage.
local apply = require "lamina.dockerfile.apply"
local checks = require "lamina.dockerfile.checks"

local chown = { name = "chown", kind = "string" }
local chmod = { name = "chmod", kind = "string" }
local link = { name = "link", kind = "boolean" }
local exclude = { name = "exclude", kind = "list" }

local list = {
  { name = "ADD", help = "Add files, archives' contents, or what a URL or Git repository holds",
    form = "paths", least = 2, has_heredocs = true, check = checks.files, flags = { chown, chmod,
      link, exclude, { name = "keep-git-dir", kind = "boolean" },
      { name = "checksum", kind = "string" }, { name = "unpack", kind = "boolean" } } },
  { name = "ARG", help = "Declare a build argument", form = "arguments", least = 1,
    check = checks.arguments },
  { name = "CMD", help = "Set the default command", form = "command" },
  { name = "COPY", help = "Copy files from the build context, a stage or an image",
    form = "paths", least = 2, has_heredocs = true, check = checks.files, flags = {
      { name = "from", kind = "stage" }, chown, chmod, link,
      { name = "parents", kind = "boolean" }, exclude } },
  { name = "ENTRYPOINT", help = "Set the program that is run", form = "command" },
  { name = "ENV", help = "Set environment variables", form = "pairs", least = 2 },
  { name = "EXPOSE", help = "Name the ports that are listened on", form = "list", least = 1 },
  { name = "FROM", help = "Begin a stage on an image or another stage", form = "list", least = 1,
    check = checks.from, flags = { { name = "platform", kind = "string" } } },
  { name = "HEALTHCHECK", help = "Set how to tell whether a container works", form = "health",
    least = 1, check = checks.health, flags = {
      { name = "interval", kind = "string" }, { name = "timeout", kind = "string" },
      { name = "start-period", kind = "string" }, { name = "start-interval", kind = "string" },
      { name = "retries", kind = "string" } } },
  { name = "LABEL", help = "Set labels", form = "pairs", least = 2 },
  { name = "MAINTAINER", help = "Name the author (LABEL is the newer way)", form = "raw",
    least = 1 },
  { name = "ONBUILD", help = "Keep an instruction for builds on this image", form = "instruction",
    check = checks.trigger },
  { name = "RUN", help = "Run a command", form = "command", least = 1, has_heredocs = true,
    check = checks.run, flags = { { name = "mount", kind = "mount" },
      { name = "network", kind = "string", choices = { "default", "none", "host" } },
      { name = "security", kind = "string", choices = { "sandbox", "insecure" } },
      { name = "device", kind = "list" } } },
  { name = "SHELL", help = "Set the shell of shell forms", form = "json", least = 1 },
  { name = "STOPSIGNAL", help = "Set the signal that stops a container", form = "text",
    least = 1 },
  { name = "USER", help = "Set the user of what follows", form = "text", least = 1 },
  { name = "VOLUME", help = "Name directories that hold data", form = "paths", least = 1,
    check = checks.volumes },
  { name = "WORKDIR", help = "Set the working directory", form = "text", least = 1 },
}

local instructions = { by_name = {}, names = {} }

for i, row in ipairs(list) do
  row.flags, row.apply = row.flags or {}, apply[row.name]
  instructions.by_name[row.name] = row
  instructions.names[i] = row.name
end

--- The row of a name in any case: a custom one of `custom` (by name), or a built-in one.
function instructions.find(word, custom)
  local row = instructions.by_name[word]
  if row then return row end
  local name = word:upper()
  return instructions.by_name[name] or custom and custom[name]
end

--- Every name, for suggestions.
function instructions.all_names(custom)
  local names = table.move(instructions.names, 1, #instructions.names, 1, {})
  for name in pairs(custom or {}) do names[#names + 1] = name end
  return names
end

return instructions
