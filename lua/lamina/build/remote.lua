--- What steps read from elsewhere: files by URL (remote/http.lua), git repositories
-- (remote/git.lua).
--
-- A remote is a source of a vertex as stages and contexts are. It has
--   remote.name            how messages call it
--   remote:identity()      plain data that stands for its content in a key; asks the network once
--   remote:tree()          its files (tree.lua); fetched when a step really needs them
-- Both are called from tasks, at the same time, too: each is done once a build.
local failure = require "lamina.util.failure"
local json = require "lamina.core.json"
local sched = require "lamina.util.sched"

local remote = {}

local Set = {}
Set.__index = Set

--- The remotes of one build.
function remote.set(store, options)
  return setmetatable({ store = store, options = options, known = {}, list = {} }, Set)
end

--- The remote of a kind ("http", "git") with these parameters (plain data).
function Set:get(kind, parameters)
  local id = failure.check(json.encode { kind, parameters })
  if not self.known[id] then
    local new = require("lamina.build.remote." .. kind).new(self.store, parameters)
    new.is_remote, new.bus, new.tasks, new.held = true, self.options.bus, {}, {}
    self.known[id] = new
    self.list[#self.list + 1] = new
  end
  return self.known[id]
end

--- Does something once and answers its value to everyone who asks for it.
function remote.once(self, name, fn)
  self.tasks[name] = self.tasks[name] or sched.spawn(fn, self)
  return self.tasks[name]:wait()
end

--- Ends what is under way, and lets go of what is held.
function Set:close()
  for _, one in ipairs(self.list) do
    for _, task in pairs(one.tasks) do task:cancel() end
    for i = #one.held, 1, -1 do one.held[i]:close() end
    one.held = {}
  end
end

Set.__close = Set.close

return remote
