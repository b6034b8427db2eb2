--- What the forms of arguments can't tell: checks of single instructions. `complain(message,
-- hint)` raises.
local duration = require "lamina.util.duration"
local heredoc = require "lamina.dockerfile.heredoc"
local mount = require "lamina.dockerfile.mount"

local checks = {}

local function has_variable(text)
  return text:find("%$.") ~= nil
end

--- COPY: what only ADD can fetch.
local function check_sources(instruction, complain)
  if instruction.instruction ~= "COPY" then return end
  for i = 1, #instruction.args - 1 do
    if instruction.args[i]:find("^https?://") then
      complain(("COPY: a URL can't be a source: '%s'"):format(instruction.args[i]),
        "ADD downloads it")
    end
  end
end

--- COPY and ADD: a source that can be known now, a destination that is a path (SEMANTICS 15, 26).
function checks.files(instruction, complain)
  check_sources(instruction, complain)
  local target = instruction.args[#instruction.args]
  if not instruction.json and heredoc.parse(target) then
    complain(instruction.instruction .. ": a heredoc can't be the destination")
  end
  local from = instruction.options.from
  if from and has_variable(from) then
    complain("--from: variables aren't expanded here",
      "a stage 'FROM " .. from .. " AS name' gives it a name")
  elseif from == "" then
    complain("--from: the name of a stage or image is missing")
  end
end

--- ARG NAME, ARG NAME=VALUE.
function checks.arguments(instruction, complain)
  for _, word in ipairs(instruction.args) do
    if word:find("^=") then complain(("ARG: a name is missing before '%s'"):format(word)) end
  end
end

--- FROM IMAGE [AS NAME].
function checks.from(instruction, complain)
  local args = instruction.args
  if #args ~= 1 and not (#args == 3 and args[2]:upper() == "AS") then
    complain("FROM takes an image, or an image AS a name",
      #args == 2 and (args[2]:upper() == "AS" and "a name is missing behind AS"
        or ("write FROM %s AS %s"):format(args[1], args[2])) or nil)
  end
  if args[3] and not args[3]:lower():find("^%l[%l%d_.-]*$") then
    complain(("'%s' is no name for a stage"):format(args[3]),
      "a name has letters, digits, '-', '_' and '.', and begins with a letter")
  end
end

local times = { "interval", "timeout", "start_period", "start_interval" }

local function check_time(name, text, complain)
  local value, message = duration.parse(text)
  local flag = "--" .. name:gsub("_", "-")
  if not value then complain(flag .. ": " .. message) end
  if value ~= 0 and value < 1000000 then complain(flag .. ": 1ms is the least, or 0") end
end

--- HEALTHCHECK NONE, HEALTHCHECK CMD … (SEMANTICS 16).
function checks.health(instruction, complain)
  local kind = instruction.args[1]
  if kind == "NONE" then
    if #instruction.args > 1 then complain("HEALTHCHECK NONE takes no arguments") end
  elseif kind ~= "CMD" then
    complain(("HEALTHCHECK takes NONE or CMD, not '%s'"):format(kind),
      ("write HEALTHCHECK CMD %s …"):format(kind:lower()))
  elseif #instruction.args == 1 then
    complain("HEALTHCHECK CMD: the command is missing")
  end
  local options = instruction.options
  for _, name in ipairs(times) do
    if options[name] and options[name] ~= "" then check_time(name, options[name], complain) end
  end
  local retries = options.retries
  if retries and retries ~= "" and not (retries:find("^%+?%d+$") and #retries < 10) then
    complain(("--retries is a number from 0 on, not '%s'"):format(retries))
  end
end

--- RUN: its mounts are read once here, so that a wrong one is told with the line.
function checks.run(instruction, complain)
  local is_empty = #instruction.args == 0 or not instruction.json and instruction.args[1] == ""
  if is_empty then complain("RUN: the command is missing") end
  instruction.mounts = {}
  for i, text in ipairs(instruction.options.mount or {}) do
    instruction.mounts[i] = mount.parse(text, complain)
  end
end

--- ONBUILD: what may be a trigger (SEMANTICS 40).
function checks.trigger(instruction, complain)
  local name = instruction.onbuild.instruction
  if name == "ONBUILD" or name == "FROM" or name == "MAINTAINER" then
    complain(("ONBUILD %s isn't possible"):format(name))
  end
end

--- VOLUME: blanks around a path are none of it.
function checks.volumes(instruction, complain)
  for i, path in ipairs(instruction.args) do
    path = path:match("^%s*(.-)%s*$")
    if path == "" then complain("VOLUME: a path is empty") end
    instruction.args[i] = path
  end
end

return checks
