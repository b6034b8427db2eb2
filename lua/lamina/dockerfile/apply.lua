--- What the built-in instructions do to a stage, by name: functions apply(stage, call) as users'
-- own have them (recipe/instruction.lua), which call the stage's methods.
--
-- The stage is one of a recipe, or the one of translate/written.lua, which writes the calls down:
-- so what a Dockerfile means and how it is translated are the same lines. `call` is what call.lua
-- makes of an instruction. FROM is none of them: it begins a stage.
local heredoc = require "lamina.dockerfile.heredoc"
local words = require "lamina.util.word.recipe"

local apply = {}

--- A command in either form.
local function command(call)
  if call.json then return call.args end
  return call.args[1] or ""
end

--- Names and values as a list of pairs.
local function pairs_of(args)
  local list = {}
  for i = 1, #args, 2 do list[(i + 1) // 2] = { args[i], args[i + 1] } end
  return list
end

function apply.ENV(stage, call) return stage:env(pairs_of(call.args)) end
function apply.LABEL(stage, call) return stage:label(pairs_of(call.args)) end

local function declaration(word)
  local at = word:find("=", 1, true)
  if not at then return word end
  return word:sub(1, at - 1), word:sub(at + 1)
end

--- One argument is arg(name, default); several in one instruction are one call as well.
function apply.ARG(stage, call)
  if #call.args == 1 then return stage:arg(declaration(call.args[1])) end
  local list = {}
  for i, word in ipairs(call.args) do
    local name, value = declaration(word)
    list[i] = value and { name, value } or name
  end
  return stage:arg(list)
end

function apply.WORKDIR(stage, call) return stage:workdir(call.args[1]) end
function apply.USER(stage, call) return stage:user(call.args[1]) end
function apply.STOPSIGNAL(stage, call) return stage:stopsignal(call.args[1]) end
function apply.MAINTAINER(stage, call) return stage:maintainer(call.args[1]) end

-- A call of Lua can hold some 250.
local most_arguments = 100

--- Each word as an argument of its own; very many are one list.
local function several(args)
  if #args > most_arguments then return args end
  return table.unpack(args)
end

function apply.EXPOSE(stage, call) return stage:expose(several(call.args)) end
function apply.VOLUME(stage, call) return stage:volume(several(call.args)) end
function apply.CMD(stage, call) return stage:cmd(command(call)) end
function apply.ENTRYPOINT(stage, call) return stage:entrypoint(command(call)) end
function apply.SHELL(stage, call) return stage:shell(call.args) end

--- The trigger's text, and the escape that it is read with where it isn't the usual one.
function apply.ONBUILD(stage, call)
  local text, escape = call.args[1], call.args[2]
  return stage:onbuild(text, escape and { escape = escape })
end

local health_options = { "interval", "timeout", "start_period", "start_interval" }

function apply.HEALTHCHECK(stage, call)
  if call.args[1] == "NONE" then return stage:healthcheck(false) end
  local what = call.args[2]
  if call.json then what = table.move(call.args, 2, #call.args, 1, {}) end
  local flags, options = call.flags, {}
  for _, name in ipairs(health_options) do
    if flags[name] ~= "" then options[name] = flags[name] end
  end
  options.retries = math.tointeger(tonumber((flags.retries or ""):match("%d+")))
  return stage:healthcheck(what, next(options) and options)
end

--- The command with its heredocs (SEMANTICS 14), and the name of a script that it is.
local function command_of(call)
  local found = call.heredocs
  if call.json or not found[1] then return command(call) end
  if #found == 1 and heredoc.parse(call.args[1]) then
    local body = found[1].content
    return body, body:find("^#!") and found[1].name
  end
  local parts = { call.args[1] }
  for _, one in ipairs(found) do parts[#parts + 1] = one.raw .. one.name end
  return table.concat(parts, "\n")
end

function apply.RUN(stage, call)
  local what, script = command_of(call)
  local flags = call.flags
  if not script and not next(flags) then return stage:run(what) end
  return stage:run(what, { script = script or nil, mounts = flags.mount,
    network = flags.network, security = flags.security, devices = flags.device })
end

--- Heredocs as files of the sources; answers whether their texts have variables. Where only some
-- are expanded, the dollars of the others are quoted.
local function add_heredocs(sources, found)
  local expands, is_sorted = false, true
  for i, one in ipairs(found) do
    is_sorted = is_sorted and (i == 1 or found[i - 1].name < one.name)
    expands = expands or one.expand and one.content:find("[$\\]") ~= nil
  end
  for _, one in ipairs(found) do
    local is_quoted = expands and not one.expand
    local content = is_quoted and words.literal(one.content) or one.content
    if is_sorted then
      sources[one.name] = content
    else
      table.insert(sources, { one.name, content })
    end
  end
  return expands
end

--- COPY and ADD as the arguments of copy: sources, destination, options.
local function files(call)
  local args, options = call.args, {}
  for name, value in pairs(call.flags) do options[name] = value end
  if options.exclude and #options.exclude == 1 then options.exclude = options.exclude[1] end
  local sources = args[1]
  if #args ~= 2 or call.heredocs[1] then
    sources = table.move(args, 1, #args - 1, 1, {})
    options.expand = add_heredocs(sources, call.heredocs) or nil
  end
  return sources, args[#args], next(options) and options
end

function apply.COPY(stage, call) return stage:copy(files(call)) end
function apply.ADD(stage, call) return stage:add(files(call)) end

--- What only a Dockerfile has of a call, as a method of a user's own takes it.
local function syntax_of(call)
  local list = {}
  for i, one in ipairs(call.heredocs) do
    list[i] = { name = one.name, content = one.content, expand = one.expand }
  end
  if not call.json and #list == 0 then return nil end
  return { json = call.json or nil, heredocs = #list > 0 and list or nil }
end

--- A user's own instruction is a method of the stage, with words and flags in one table: there is
-- the function that its author wrote.
function apply.custom(stage, call)
  local given = table.move(call.args, 1, #call.args, 1, {})
  for name, value in pairs(call.flags) do given[name] = value end
  return stage[call.name:lower()](stage, given, syntax_of(call))
end

return apply
