--- A Dockerfile with users' own instructions as the plain one that any builder takes.
--
--   expand.text(text, file, calls)   -- calls: as recipe.calls answers them
--
-- What isn't theirs stays as it is written, byte for byte.
local expand = {}

--- The text's lines with their ends.
local function split(text)
  local lines = {}
  for line in text:gmatch("[^\n]*\n?") do
    if line ~= "" then lines[#lines + 1] = line end
  end
  return lines
end

local function by_line(calls)
  local found = {}
  for _, call in ipairs(calls) do
    found[call.line] = found[call.line] or {}
    table.insert(found[call.line], call)
  end
  return found
end

local function joined(lines, prefix)
  local out = {}
  for i, line in ipairs(lines) do out[i] = prefix .. line .. "\n" end
  return table.concat(out)
end

--- Takes the place of an instruction's lines.
local function replace(lines, instruction, calls)
  local prefix = instruction.onbuild and "ONBUILD " or ""
  local parts = {}
  for i, call in ipairs(calls or {}) do parts[i] = joined(call.lines, prefix) end
  for i = instruction.line, instruction.end_line do lines[i] = "" end
  lines[instruction.line] = table.concat(parts)
end

--- The line that what comes before a stage goes to: above the comments that are its own, below the
-- directives.
local function line_before(file, from)
  local at, before = from.line, from.before
  for i = #before, 1, -1 do
    if before[i] == "" then break end
    at = at - 1
  end
  for _, directive in ipairs(file.directives) do at = math.max(at, directive.line + 1) end
  return at
end

--- Adds the stages that a call copies from to what comes before the stage that it is in.
local function add_stages(stages, at, calls)
  for _, call in ipairs(calls or {}) do
    for _, stage in ipairs(call.stages) do
      stages[at] = (stages[at] or "") .. joined(stage, "") .. "\n"
    end
  end
end

--- The plain Dockerfile; see the head of this file.
function expand.text(text, file, calls)
  local lines, found, stages, at = split(text), by_line(calls), {}, nil
  local first = file.instructions[1].line
  for i, line in ipairs(lines) do
    if i < first and line:find("^%s*#%s*lamina:") then lines[i] = "" end
  end
  for _, instruction in ipairs(file.instructions) do
    if instruction.instruction == "FROM" then at = line_before(file, instruction) end
    if (instruction.onbuild or instruction).row.is_custom then
      replace(lines, instruction, found[instruction.line])
      add_stages(stages, at, found[instruction.line])
    end
  end
  for line, before in pairs(stages) do lines[line] = before .. lines[line] end
  return table.concat(lines)
end

return expand
