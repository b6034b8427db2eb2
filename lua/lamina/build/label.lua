--- How a step is named to people: `run "apt-get update"`, and where it stands in the recipe.
local carried = require "lamina.dockerfile.carried"
local json = require "lamina.core.json"

local label = {}

local longest = 120

--- A value as the recipe might have it: a string in quotes, a list in braces.
local function show(value)
  if type(value) ~= "table" then return json.encode(tostring(value)) or '"?"' end
  local words = {}
  for i, word in ipairs(value) do words[i] = show(word) end
  return "{ " .. table.concat(words, ", ") .. " }"
end

local function show_pairs(list)
  local words = {}
  for i, pair in ipairs(list) do words[i] = tostring(pair[1]) .. "=" .. tostring(pair[2]) end
  return show(table.concat(words, " "))
end

local function several(name, list)
  return name .. " " .. (#list == 1 and show(list[1]) or show(list))
end

local function inline_names(step)
  local names = {}
  for i, file in ipairs(step.inline or {}) do names[i] = file[1] end
  return names
end

local function files(step)
  local sources = #(step.sources or {}) > 0 and step.sources or inline_names(step)
  return ("%s %s"):format(several(step.op, sources), show(step.destination))
end

local function either_form(step)
  return step.op .. " " .. show(step.shell or step.exec or false)
end

local forms = {
  scratch = function() return 'from "scratch"' end,
  image = function(step) return "from " .. show(step.ref) end,
  ["local"] = function(step) return "context " .. show(step.path or ".") end,
  run = function(step) return "run " .. show(step.command) end,
  copy = files,
  add = files,
  http = function(step) return "http " .. show(step.url) end,
  git = function(step) return "git " .. show(step.url) end,
  workdir = function(step) return "workdir " .. show(step.path) end,
  env = function(step) return "env " .. show_pairs(step.pairs) end,
  label = function(step) return "label " .. show_pairs(step.pairs) end,
  annotate = function(step) return "annotate " .. show_pairs(step.pairs) end,
  arg = function(step) return "arg " .. show(step.name or step.list) end,
  maintainer = function(step) return "maintainer " .. show(step.name) end,
  user = function(step) return "user " .. show(step.name) end,
  expose = function(step) return several("expose", step.ports) end,
  volume = function(step) return several("volume", step.paths) end,
  layer = function(step) return step.lower and "layer" or "squash" end,
  cmd = either_form,
  entrypoint = either_form,
  shell = function(step) return "shell " .. show(step.exec) end,
  stopsignal = function(step) return "stopsignal " .. show(step.signal) end,
  unset = function(step) return "unset " .. show(step.name or step.field) end,
  stage = function() return "from a stage" end,
  onbuild = function(step) return "onbuild " .. show(select(2, carried.read(step.text))) end,
}

--- Cuts a long text without breaking a character in two.
local function clip(text)
  if #text <= longest then return text end
  local cut = longest - 3
  while cut > 0 and (text:byte(cut + 1) & 0xC0) == 0x80 do cut = cut - 1 end
  return text:sub(1, cut) .. "..."
end

--- The step's label.
function label.of(step)
  local form = forms[step.op]
  local text = form and form(step) or step.op
  return clip(step.for_platform and ("[%s] %s"):format(step.for_platform, text) or text)
end

--- The step with its number and place: `step 3 (run "false"), recipe.lua:7`.
function label.place(step)
  local where = ""
  if step.file then where = (", %s:%s"):format(step.file, step.line or "?") end
  return ("step %s (%s)%s"):format(step.id, label.of(step), where)
end

return label
