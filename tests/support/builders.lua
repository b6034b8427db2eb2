--- Builders on stores of their own, for what they share of their caches.
--
--   local dir = builders.context()          -- a recipe of five steps, of which three make the
--                                           -- image; two give something else each time
--   local run = builders.machine()          -- a lamina whose store has busybox
--   local said, ran, log = builders.build(run, "--cache-from", name, dir)
local fixtures = require "support.fixtures"
local helper = require "support.helper"

local builders = {}

function builders.context()
  local dir = helper.tmpdir()
  helper.write(dir .. "/file", "content")
  helper.write(dir .. "/recipe.lua", [[
    local base = from "busybox"
    local random = "head -c 9 /dev/urandom | md5sum"
    local built = base:copy("file", "/file"):run("cat /file >/built; " .. random .. " >>/built")
    local part = base:run(random .. " >/part")
    return image(part:copy("/built", "/built", { from = built }):run "cat /built >/end", {
      name = "out", cmd = { "cat", "/end" } })]])
  return dir
end

function builders.machine()
  return (fixtures.busybox_store())
end

--- Builds; answers what the image says, how many steps have run, and the progress.
function builders.build(run, ...)
  local status, _, err = run("build", "--progress=plain", "-t", "out", ...)
  if status ~= 0 then error(err, 2) end
  local _, ran = err:gsub("#%d%d? DONE", "") -- downloads have longer ones
  return run:ok("run", "--rm", "out"), ran, err
end

return builders
