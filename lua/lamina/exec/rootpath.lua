--- Paths below a root with every link in them followed, as a process inside would.
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local path = require "lamina.util.path"

local rootpath = {}

local most_links = 40

--- What a link says, read in its directory, which has no link in its own path.
local function target_of(root, dir, name)
  local at <close> = failure.check(fs.open(dir == "" and "." or dir, "path", { root = root }))
  return failure.check(fs.readlink(("/proc/self/fd/%d/%s"):format(at:fd(), name)))
end

--- What the link at a path says; links on the way to it are followed.
function rootpath.target(root, name)
  local dir = rootpath.follow(root, path.dirname(path.clean("/" .. name)))
  return target_of(root, dir, path.basename(path.clean(name)))
end

local function above(dir)
  return dir:match("^(.*)/[^/]*$") or ""
end

--- Follows the links of `name` below the descriptor `root`, the last part's too. Answers the
-- path relative to the root ("" for itself) and whether something is there; what is missing is
-- taken as it is written. A ".." of a link's is that of where its way has led, as for the kernel.
function rootpath.follow(root, name)
  local done, rest, links, is_there = "", path.clean("/" .. name):sub(2), 0, true
  while rest ~= "" do
    local part, behind = rest:match("^([^/]+)/*(.*)$")
    local here = done == "" and part or done .. "/" .. part
    local is_dots = part == "." or part == ".."
    local entry = is_there and not is_dots and fs.stat(here, { root = root, follow = false })
    if is_dots then
      done, rest = part == "." and done or above(done), behind
    elseif entry and entry.type == "link" then
      links = links + 1
      if links > most_links then failure.raise("invalid-input", name .. ": too many links") end
      local target = target_of(root, done, part)
      if path.is_absolute(target) then done = "" end
      rest = (target .. "/" .. behind):match("^/*(.*)$")
    else
      done, rest, is_there = here, behind, entry and true or false
    end
  end
  return done, is_there
end

return rootpath
