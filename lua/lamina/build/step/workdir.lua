--- workdir: the directory that commands and relative paths start from; made where it is missing
-- (SEMANTICS 34).
local exec = require "lamina.exec.exec"
local failure = require "lamina.util.failure"
local namespace = require "lamina.core.namespace"
local path = require "lamina.util.path"
local directory = require "lamina.exec.workdir"

local workdir = {}

-- New directories get this time, so that the same step gives the same layer on every machine.
local fixed_time = 0

function workdir.workdir(step, at, resolver)
  local dir = resolver:expand(at, step.path)
  if dir == "" then failure.raise("invalid-input", "workdir: the path is empty") end
  if not path.is_absolute(dir) then dir = path.join(at:directory(), dir) end
  dir = path.clean(dir)
  local after, text = at:configured { WorkingDir = dir }, "WORKDIR " .. dir
  if dir == "/" then return after:remember(text) end
  return resolver:vertex(step, after, text, {
    kind = "workdir", params = { path = dir, user = at.config.User or "" },
  })
end

function workdir.make(vertex, work, dir, below)
  local mount <close> = exec.mount(work.store, below, dir.upper, dir.work, true)
  local user = failure.check(namespace.resolve_user(mount:fd(), vertex.params.user))
  directory.make(mount:fd(), vertex.params.path, user, fixed_time)
end

return workdir
