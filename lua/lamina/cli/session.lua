--- A command at work: the loop, the store it needs, and an end that leaves nothing behind when a
-- signal comes.
local failure = require "lamina.util.failure"

local session = {}

local statuses = { sigint = 130, sigterm = 143, sighup = 129 }

--- On a signal every task is cancelled, which closes what it holds. The handlers go with the
-- first one: a second Ctrl-C kills.
local function watch_signals(sched)
  local handles = {}
  local guard = setmetatable(handles, { __close = function()
    for _, handle in pairs(handles) do handle:close() end
  end })
  for name, status in pairs(statuses) do
    handles[name] = sched.on_signal(name, function()
      for _, handle in pairs(handles) do handle:close() end
      sched.cancel_all(failure.new("interrupted", "interrupted", { status = status }))
    end)
  end
  return guard
end

--- Enters the namespaces and opens the store; for "join" those of the container that the
-- command's `container(context)` names (default: its first argument).
local function open_store(command, context)
  local home = require "lamina.store.home"
  local container
  if command.needs == "join" then
    container = context.arguments[1]
    if command.container then container = command.container(context) end
  end
  return home.enter(context.options.root or home.default_root(), container)
end

local function with_trace(err)
  return failure.is(err) and err or debug.traceback(tostring(err), 2)
end

--- Runs it on the store. What would be a mistake of ours isn't one where rows are not what they
-- were written as.
local function run_on(store, command, context)
  local result = table.pack(xpcall(command.run, with_trace, context))
  if result[1] then return table.unpack(result, 2, result.n) end
  if not failure.is(result[2]) then store:check_database() end
  error(result[2], 0)
end

local function in_loop(command, context)
  local sched = require "lamina.util.sched"
  return sched.run(function()
    local _signals <close> = watch_signals(sched)
    if command.needs == "loop" then return command.run(context) end
    local store <close> = open_store(command, context)
    context.store = store
    return run_on(store, command, context)
  end)
end

--- Runs it in the background and prints what it has to say once it is under way.
local function in_background(command, context)
  local word = require("lamina.cli.detached").run(function(ready)
    context.ready = ready
    return in_loop(command, context)
  end)
  context.out:line("%s", word)
end

--- Runs a command and answers its exit status.
function session.run(command, context)
  local status
  if command.needs then require("lamina.config.config").load() end -- owners look different inside
  if command.before then command.before(context) end
  if command.detaches and command.detaches(context.options) then
    status = in_background(command, context)
  elseif command.needs then
    context.bus = require("lamina.util.event").new()
    status = in_loop(command, context)
  else
    status = command.run(context)
  end
  context.out:flush()
  return status or 0
end

return session
