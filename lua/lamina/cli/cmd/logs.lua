local failure = require "lamina.util.failure"
local listing = require "lamina.cli.listing"
local text = require "lamina.util.text"

--- The builds as the rows of a listing.
local function rows_of(context)
  local rows = {}
  for i, record in ipairs(context.store.builds:list()) do
    local count = { cached = 0 }
    for _, step in ipairs(record.steps) do
      count[step.status] = (count[step.status] or 0) + 1
    end
    rows[i] = {
      ID = record.id, Status = record.status, Target = record.target or "",
      Created = text.age(os.time() - record.started), Recipe = record.recipe or "",
      CreatedAt = text.rfc3339(record.started), Duration = ("%.1fs"):format(record.seconds or 0),
      Steps = tostring(#record.steps), Cached = tostring(count.cached), Image = record.image or "",
      Message = record.message or "",
    }
  end
  return rows
end

local columns = {
  { "BUILD ID", "ID" }, { "CREATED", "Created" }, { "STATUS", "Status" },
  { "DURATION", "Duration" }, { "STEPS", "Steps" }, { "CACHED", "Cached" },
  { "TARGET", "Target" }, { "RECIPE", "Recipe" },
}

local function list(context)
  if context.options.json then context.options.format = "json" end
  listing.print(context, { columns = columns, rows = rows_of(context), quiet = "ID",
    titles = { CreatedAt = "CREATED AT", Image = "IMAGE", Message = "MESSAGE" } })
end

--- The build and the numbers of the steps that the words name.
local function read_words(words)
  local build, wanted = nil, {}
  for i, word in ipairs(words) do
    local number = word:match("^#?(%d+%.?%d*)$") -- those of triggers are "3.1"
    if number then
      wanted[#wanted + 1] = number
    elseif i == 1 and word:find("^b%x*$") then
      build = word
    else
      failure.raise("usage",
        ("logs: '%s' is neither a build nor the number of a step"):format(word),
        { hint = "`lamina logs --list` shows the builds" })
    end
  end
  return build, wanted
end

local function steps_of(record, wanted)
  if #wanted == 0 then return record.steps end
  local steps, known = {}, {}
  for _, step in ipairs(record.steps) do known[tostring(step.id)] = step end
  for i, id in ipairs(wanted) do
    steps[i] = known[id] or failure.raise("not-found",
      ("build %s has no step %s that makes a layer"):format(record.id, id))
  end
  return steps
end

--- One line of a log as it may reach a terminal.
local function write_entry(out, entry, times)
  if times then out:write(("%9.3f  "):format(entry.seconds)) end
  if entry.stream == "note" then out:write("lamina: ") end
  out:write(text.escape(entry.line, "\t"), (entry.is_whole or times) and "\n" or "")
end

local function show_step(context, step, with_title)
  local out, options = context.out, context.options
  if with_title then
    local seconds = step.seconds and (" %.1fs"):format(step.seconds) or ""
    out:line("#%s %s  %s:%s  %s%s", step.id, step.label, step.file or "?", step.line or "?",
      step.status, seconds)
  end
  local is_open = false
  if with_title and step.log and not context.store.logs:has(step.log) then
    out:line "(the log isn't there any more)"
  elseif step.log then
    context.store.logs:each(step.log, function(entry)
      write_entry(out, entry, options.timestamps)
      is_open = not entry.is_whole and not options.timestamps
    end)
  end
  if is_open then out:write("\n") end
  if with_title and step.message then out:line("%s", step.message) end
end

--- One object a line: a line of a log; of a step without a log one that says so.
local function show_json(context, record, step)
  local function write(fields)
    fields.build, fields.step, fields.label, fields.status = record.id, step.id, step.label,
      step.status
    context.out:json_line(fields)
  end
  if not step.log then return write {} end
  context.store.logs:each(step.log, function(entry)
    write { stream = entry.stream, seconds = entry.seconds,
      text = text.escape(entry.line, "\t") .. (entry.is_whole and "\n" or "") }
  end)
end

local function run(context)
  if context.options.list then return list(context) end
  local build, wanted = read_words(context.arguments)
  local record = context.store.builds:get(build)
  for _, step in ipairs(steps_of(record, wanted)) do
    if context.options.json then
      show_json(context, record, step)
    else
      show_step(context, step, #wanted ~= 1)
    end
  end
end

return {
  name = "logs",
  summary = "Show what the steps of a build wrote",
  usage = "logs [OPTIONS] [BUILD] [STEP...]",
  help = [[
Shows the whole output of every step of the last build, of another (--list shows which there are),
or of single steps by their numbers. Of a step that was taken from the cache it is what it wrote
when it was made; a step that failed or was interrupted has its output, too. `lamina prune` removes
logs with the cache records and builds that they belong to.]],
  example = "lamina logs 3",
  arguments = { { name = "BUILD", optional = true },
    { name = "STEP", optional = true, many = true } },
  options = {
    { long = "json", help = "one JSON object a line" },
    { long = "list", short = "l", help = "list the builds" },
    listing.options.format, listing.options.quiet,
    { long = "timestamps", help = "the seconds since the step began before each line" },
  },
  needs = "store",
  run = run,
}
