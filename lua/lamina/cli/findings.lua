--- How the findings of `lamina check` are told: as text, JSON or SARIF.
local json = require "lamina.core.json"
local version = require "lamina.util.version"

local findings = {}

local function source_lines(text)
  local lines = {}
  for line in (text .. "\n"):gmatch("(.-)\r?\n") do lines[#lines + 1] = line end
  return lines
end

--- The line with the ones around it.
local function show_excerpt(out, lines, at)
  for i = math.max(1, at - 1), math.min(#lines, at + 1) do
    if i == at or lines[i]:find("%S") then
      out:line("  %s %4d | %s", i == at and ">" or " ", i, lines[i])
    end
  end
end

local function counted(count, one, many)
  return ("%d %s"):format(count, count == 1 and one or many)
end

--- "2 warnings, 1 piece of advice".
function findings.summary(result)
  local parts = {}
  if result.warnings > 0 then
    parts[1] = counted(result.warnings, "warning", "warnings")
  end
  if result.advice > 0 then
    parts[#parts + 1] = counted(result.advice, "piece of advice", "pieces of advice")
  end
  return #parts > 0 and table.concat(parts, ", ") or "no warnings"
end

local show = {}

function show.text(out, result, text)
  local lines = source_lines(text)
  for _, one in ipairs(result.findings) do
    out:line("%s:%d: %s: %s: %s", one.file, one.line, one.level, one.rule.name, one.message)
    if not one.is_elsewhere then show_excerpt(out, lines, one.line) end
    out:line("  why: %s", one.rule.why)
    if one.fix then out:line("  fix: %s", one.fix) end
    out:line ""
  end
  out:line("%s", findings.summary(result))
end

function show.json(out, result)
  local list = json.array {}
  for i, one in ipairs(result.findings) do
    list[i] = { rule = one.rule.name, level = one.level, file = one.file, line = one.line,
      message = one.message, why = one.rule.why, fix = one.fix }
  end
  out:json(list)
end

local sarif_levels = { error = "error", warning = "warning", advice = "note" }

local function sarif_rules(rules)
  local list, index = {}, {}
  for i, rule in ipairs(rules) do
    index[rule.name] = i - 1
    list[i] = { id = rule.name, shortDescription = { text = rule.summary },
      fullDescription = { text = rule.why },
      defaultConfiguration = { level = sarif_levels[rule.level],
        enabled = not rule.is_experimental } }
  end
  return list, index
end

local function uri(path)
  return (path:gsub("[^%w/._~-]", function(byte) return ("%%%02X"):format(byte:byte()) end))
end

function show.sarif(out, result, _, rules)
  local list, index = sarif_rules(rules)
  local results = json.array {}
  for i, one in ipairs(result.findings) do
    local text = one.fix and one.message .. "; " .. one.fix or one.message
    results[i] = { ruleId = one.rule.name, ruleIndex = index[one.rule.name],
      level = sarif_levels[one.level], message = { text = text },
      locations = { { physicalLocation = { artifactLocation = { uri = uri(one.file) },
        region = { startLine = one.line } } } } }
  end
  out:json { version = "2.1.0", ["$schema"] = "https://json.schemastore.org/sarif-2.1.0.json",
    runs = { { tool = { driver = { name = "lamina", version = version, rules = list } },
      results = results } } }
end

--- Writes what lint.run answered; `text` is the file's, `rules` all there are.
function findings.show(out, format, result, text, rules)
  show[format](out, result, text, rules)
end

return findings
