local settings = require "lamina.cli.settings"

local marks = { ok = "ok", limited = "limited", missing = "MISSING" }

local function print_rows(context, rows)
  local width = 0
  for _, row in ipairs(rows) do width = math.max(width, #row.name) end
  for _, row in ipairs(rows) do
    context.out:line(("%%-7s  %%-%ds  %%s"):format(width), marks[row.state], row.name, row.message)
    if row.hint then context.out:line("         hint: %s", row.hint) end
  end
end

local function run(context)
  local home = require "lamina.store.home"
  local root = home.absolute(context.options.root or home.default_root())
  local set = settings.find(root, context.options.root ~= nil) -- before it enters namespaces
  local rows, is_fit = require("lamina.exec.doctor").run(root), true
  for _, row in ipairs(rows) do
    if row.state == "missing" then is_fit = false end
  end
  if context.options.json then
    local found = settings.json(set)
    context.out:json { fit = is_fit, checks = require("lamina.core.json").array(rows),
      configuration = found.files, settings = found.list }
  else
    print_rows(context, rows)
    settings.print(context.out, set)
  end
  return is_fit and 0 or 1
end

return {
  name = "doctor",
  summary = "Tell what this machine allows, and what is missing",
  usage = "doctor [OPTIONS]",
  help = [[
Tries out what lamina needs of the kernel and of the machine, as the user who calls it: namespaces,
sub-ids, overlays where the store is, system calls, the network of steps. Each line says "ok",
"limited" (it works, but not fully) or "MISSING", and what helps. Then it tells which configuration
files it has read, and every setting that is in force, with the file and line, the variable or the
option that it comes from.

Exit status: 0 when nothing that is needed is missing, else 1.]],
  example = "lamina doctor --json",
  options = {
    { long = "json", help = "checks and settings as JSON" },
  },
  run = run,
}
