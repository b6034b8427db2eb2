local failure = require "lamina.util.failure"

local function state_of(problem)
  if problem.repaired then return " (repaired)" end
  return problem.level == "notice" and " (notice)" or ""
end

local function plural(n, thing)
  return ("%d %s%s"):format(n, thing, n == 1 and "" or "s")
end

local function print_text(context, found)
  local damaged, checked = 0, {}
  for _, problem in ipairs(found.list) do
    local is_open = problem.level == "damage" and not problem.repaired
    context.out:line("%s: %s: %s%s", problem.kind, problem.subject, problem.message,
      state_of(problem))
    if is_open then
      damaged = damaged + 1
      if problem.hint then context.out:line("  hint: %s", problem.hint) end
    end
  end
  for _, thing in ipairs { "image", "container", "layer", "blob" } do
    checked[#checked + 1] = plural(found.checked[thing .. "s"] or 0, thing)
  end
  context.out:line("%s: %s", table.concat(checked, ", "),
    damaged == 0 and "no damage" or plural(damaged, "problem"))
end

local function print_json(context, found)
  local json = require "lamina.core.json"
  local list = {}
  for i, problem in ipairs(found.list) do
    list[i] = { kind = problem.kind, level = problem.level, subject = problem.subject,
      message = problem.message, hint = problem.hint, repaired = problem.repaired }
  end
  context.out:json { clean = found:is_clean(), problems = json.array(list),
    checked = found.checked }
end

local function run(context)
  local home = require "lamina.store.home"
  local root = context.options.root or home.default_root()
  local fs = require "lamina.core.fs"
  if not fs.stat(root) then
    failure.raise("not-found", ("there is no store at %s"):format(root),
      { hint = "another one is named with --root" })
  end
  local found = require("lamina.store.fsck").run(home.inside(root), context.options)
  if context.options.json then print_json(context, found) else print_text(context, found) end
  return found:is_clean() and 0 or 1
end

return {
  name = "fsck",
  summary = "Check the store, and repair it",
  usage = "fsck [OPTIONS]",
  help = [[
Checks that everything the database names is there: images, layers, blobs, containers, cache
records. A line for each problem tells its kind, what it is about, and why. Waste that `lamina
prune` would remove is told as a notice; it is no damage.

--deep also reads every blob and every file of every layer and compares digests. --repair mends
what can be mended from what is there, and never deletes the only copy of anything: what is
damaged is moved into the store's folder "damaged". A damaged database is made again.

Exit status: 0 no damage, or all of it repaired; 1 damage, or the store can't be checked.]],
  example = "lamina fsck --deep --repair",
  options = {
    { long = "deep", help = "read everything again and compare digests" },
    { long = "json", help = "what was found as JSON" },
    { long = "repair", help = "mend what can be mended" },
  },
  needs = "loop",
  run = run,
}
