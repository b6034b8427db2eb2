--- Which rules count: what `# check=…` in a Dockerfile says, and what the command line adds.
--
--   settings.parse("skip=StageNameCasing;error=true") -> { skip = {…}, error = true }
--   settings.of(subject, { skip = { "all" }, error = true, experimental = {} })
--   settings.by_line(file) -> { [7] = { skip = {…} } }   -- of comments right above instructions
--
-- `skip` and `experimental` list rules, or are "all"; `error` makes warnings count as errors.
local check = require "lamina.util.check"
local failure = require "lamina.util.failure"

local settings = {}

local truths = { ["1"] = true, t = true, ["true"] = true, ["0"] = false, f = false,
  ["false"] = false }

--- A text without the blanks around it, in time linear in its length.
local function trimmed(text)
  return (text:match("^%s*(.*)$"):reverse():match("^%s*(.*)$"):reverse())
end

local function names(value)
  local set = {}
  for name in value:gmatch("[^,]+") do set[trimmed(name)] = true end
  return set
end

local readers = { skip = names, experimental = names }

function readers.error(value, fail)
  local truth = truths[value:lower()]
  if truth == nil then fail(("check: error is true or false, not '%s'"):format(value)) end
  return truth
end

--- Reads the value of a check directive; `fail(message, hint)` raises.
function settings.parse(text, fail)
  local found = {}
  for part in text:gmatch("[^;]+") do
    local key, value = part:match("^([^=]*)=(.*)$")
    key, value = key and trimmed(key), key and trimmed(value)
    if not readers[key] then
      local near = check.suggest(key or trimmed(part), { "skip", "error", "experimental" })
      fail(("check: unknown option '%s'"):format(key or trimmed(part)),
        near and ("did you mean '%s'?"):format(near)
          or "it is like check=skip=StageNameCasing,FromAsCasing;error=true")
    end
    found[key] = readers[key](value, fail)
  end
  return found
end

local function check_names(set, known, fail)
  for name in pairs(set) do
    if name ~= "all" and not known[name] then
      local list = {}
      for one in pairs(known) do list[#list + 1] = one end
      table.sort(list)
      local near = check.suggest(name, list)
      fail(("there is no rule '%s'"):format(name),
        near and ("did you mean '%s'?"):format(near) or "`lamina check --rules` lists them")
    end
  end
end

local function usage(message, hint)
  failure.raise("usage", message, { hint = hint })
end

--- The settings of the file itself. BuildKit's argument of this name counts instead.
local function own(subject)
  local given = (subject.args or {}).BUILDKIT_DOCKERFILE_CHECK
  if given then return settings.parse(given, usage) end
  for _, one in ipairs(subject.file and subject.file.directives or {}) do
    if one.name == "check" then
      -- what stands behind a blank is a remark
      return settings.parse(one.value:match("^[^ ]*"), function(message, hint)
        failure.raise("invalid-input", message,
          { file = subject.name, line = one.line, hint = hint })
      end)
    end
  end
  return {}
end

local function merged(a, b)
  local all = {}
  for name in pairs(a or {}) do all[name] = true end
  for name in pairs(b) do all[name] = true end
  return all
end

--- What counts for a subject; `given` is the command line's { skip =, experimental = (lists),
-- error = }. `known` are the rules by name. Unknown names in the file itself may be rules of
-- other programs'.
function settings.of(subject, given, known)
  local from_file, asked = own(subject), {}
  for _, key in ipairs { "skip", "experimental" } do
    asked[key] = names(table.concat(given[key] or {}, ","))
    check_names(asked[key], known, usage)
  end
  local error_counts = given.error
  if error_counts == nil then error_counts = from_file.error or false end
  return { skip = merged(from_file.skip, asked.skip),
    experimental = merged(from_file.experimental, asked.experimental), error = error_counts }
end

--- What a comment above an instruction says, nil where it is no directive. Any comment may look
-- like one: what can't be read is none.
local function of_comment(text)
  local value = text:match("^#%s*[cC][hH][eE][cC][kK]%s*=%s*([^ ]+)")
  if not value then return nil end
  local ok, found = pcall(settings.parse, value, error)
  return ok and found.skip or nil
end

--- What counts for single instructions of a Dockerfile, by their lines: `# check=skip=RULE` in the
-- comments right above one is for that one.
function settings.by_line(file)
  local found = {}
  for _, instruction in ipairs(file.instructions) do
    local before = instruction.before
    for i = #before, 1, -1 do
      if before[i] == "" then break end
      local skip = of_comment(before[i])
      if skip then
        local known = found[instruction.line] or {}
        found[instruction.line] = { skip = merged(known.skip, skip) }
      end
    end
  end
  return found
end

--- Whether a rule counts. To skip all is to skip what nobody has asked for by itself.
function settings.has(self, rule)
  if self.skip[rule.name] then return false end
  if not rule.is_experimental then return not self.skip.all end
  return self.experimental.all or self.experimental[rule.name] or false
end

--- Whether a rule is skipped where it would be told; `one` is what counts for the instruction.
function settings.skips(one, rule)
  return one ~= nil and (one.skip[rule.name] or one.skip.all and not rule.is_experimental) or false
end

return settings
