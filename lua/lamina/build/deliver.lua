--- Brings the files of copy and add to where they belong.
--
-- The destination is the stage's own file system under an overlay, so that its directories and
-- links are the ones that count; what changes lands in the step's upper directory. With `link` it
-- is an empty directory, and the stage doesn't matter (SEMANTICS 61).
local directory = require "lamina.exec.workdir"
local exec = require "lamina.exec.exec"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local glob = require "lamina.util.glob"
local layer = require "lamina.core.layer"
local limits = require "lamina.config.limits"
local namespace = require "lamina.core.namespace"
local path = require "lamina.util.path"
local previous = require "lamina.build.previous"
local rootpath = require "lamina.exec.rootpath"
local sched = require "lamina.util.sched"
local selection = require "lamina.build.selection"
local trees = require "lamina.build.tree"

local deliver = {}

-- Up to here files are copied in place: that takes less than starting a job for it.
local few_bytes = 1024 * 1024

-- Inline files and directories made for archives have this time: a step gives the same layer on
-- every machine.
local fixed_time = 0

--- Numeric owners; "5" alone is 5:5, a name has its group from passwd (SEMANTICS 52). What is
-- `linked` doesn't see the stage, and so none of its names.
local function owner(chown, root, linked)
  if not chown then return nil end
  if chown:find("^%d+$") then chown = chown .. ":" .. chown end
  local user, err = namespace.resolve_user(root, chown)
  if user then return { user.uid, user.gid } end
  failure.raise("system", err.message, { errno = err.errno, hint = linked
    and "with --link nothing of the stage is seen, its users neither: give numbers to --chown,"
      .. " or leave --link out" })
end

--- Whether the files are so little that a job would take longer than the copy.
local function is_little(tree, found)
  local bytes = 0
  for _, one in ipairs(found) do
    local entry = tree:stat(one.path)
    bytes = bytes + entry.size
    if entry.type ~= "file" or bytes > few_bytes then return false end
  end
  return true
end

--- Copies; what has to be brought to its place afterwards is added to target.places.
local function copy(tree, found, target, progress)
  if #found == 0 then return end
  local options = { from = tree.fd, sources = found, reset_owner = tree.reset_owner,
    foreign = tree.is_foreign }
  for key, value in pairs(target) do
    if key ~= "places" then options[key] = value end
  end
  options.exclude = selection.combined(tree, target.exclude)
  if is_little(tree, found) then
    options.staged, options.earlier = nil, nil
    failure.check(layer.copy(options))
  else
    local done = sched.job_with({ progress = progress }, layer.copy, options)
    table.move(done.places, 1, #done.places, #target.places + 1, target.places)
  end
end

--- Unpacks a source that is an archive by its content, whatever its name (SEMANTICS 56); false
-- when it is none.
local function unpack(tree, one, target, progress)
  if tree:stat(one.path).type ~= "file" then return false end
  local file <close> = failure.check(fs.open(one.path, "r", { root = tree.fd }))
  if not failure.check(layer.probe(file:fd())).tar then return false end
  failure.check(file:seek(0))
  local chown = target.chown or {}
  directory.make(target.to, target.destination, { uid = chown[1] or 0, gid = chown[2] or 0 },
    fixed_time)
  sched.job_with({ progress = progress }, layer.apply, file:fd(), target.destination, {
    form = "tree", root = target.to, uid = chown[1], gid = chown[2],
    limits = limits.archive(),
  })
  return true
end

--- The files inline texts stand for, in a folder of the step.
local function inline_tree(params, dir)
  local folder, found = dir.path .. "/inline", {}
  failure.check(fs.mkdir(folder))
  for i, file in ipairs(params.inline) do
    local name = folder .. "/" .. file[1]
    failure.check(fs.write(name, file[2], { mode = 420 })) -- 0644
    failure.check(fs.utime(name, fixed_time))
    found[i] = { path = file[1], name = file[1] }
  end
  local root = failure.check(fs.open(folder, "dir"))
  return trees.new(root:fd(), { reset_owner = true, opened = root }), found
end

--- Everything the step's sources mean, in their order; each with the number of its source, among
-- whose files hard links are kept (SEMANTICS 55).
local function find_all(tree, select)
  local all = {}
  for i, source in ipairs(select.paths) do
    for _, one in ipairs(selection.find(tree, source, select)) do
      one.source = i
      all[#all + 1] = one
    end
  end
  return all
end

local function check_several(found, params)
  if #found > 1 and not params.destination:find("/$") then
    failure.raise("invalid-input",
      "the destination of several files is a directory and ends with '/'")
  end
end

--- Archives of the context are unpacked by add, those from elsewhere where it is asked for.
local function is_unpacked(vertex, source)
  if vertex.params.unpack ~= nil then return vertex.params.unpack end
  return vertex.kind == "add" and not source.is_remote
end

local function from_tree(vertex, use, tree, work, target)
  local found, rest = find_all(tree, use.select), {}
  check_several(found, vertex.params)
  local unpacked = work:progress(vertex, "unpacked")
  local may_unpack = is_unpacked(vertex, use.source)
  for _, one in ipairs(found) do
    if not may_unpack or not unpack(tree, one, target, unpacked) then
      rest[#rest + 1] = one
    end
  end
  copy(tree, rest, target, work:progress(vertex, "copied"))
end

local function from_source(vertex, use, work, target)
  for _, tree in ipairs(work:tree(use.source):bases(use.select)) do
    from_tree(vertex, use, tree, work, target)
  end
end

local function from_inline(vertex, dir, target)
  if #vertex.params.inline == 0 then return end
  local tree, found = inline_tree(vertex.params, dir)
  local _opened <close> = tree.opened
  copy(tree, found, target)
end

--- The stage to copy into, or an empty directory.
local function open_target(vertex, work, dir, below)
  if vertex.ignores_parent then return failure.check(fs.open(dir.upper, "dir")) end
  return exec.mount(work.store, below, dir.upper, dir.work, true)
end

--- The destination without links: one that is a link is written through, inside the stage.
local function real_destination(root, destination)
  local real = "/" .. (rootpath.follow(root, destination))
  return destination:find("/$") and real ~= "/" and real .. "/" or real
end

--- Brings what was made beside the overlay to its place in the upper directory, whose times stay.
local function put_places(places, dir)
  for _, one in ipairs(places) do
    local target = dir.upper .. one.path
    local parent = path.dirname(target)
    local was = failure.check(fs.stat(parent, { follow = false }))
    if one.name then
      failure.check(fs.rename(dir.path .. "/staged/" .. one.name, target, { noreplace = true }))
    else
      failure.check(fs.remove(target)) -- what hides a file of the layers below
      failure.check(fs.link(dir.upper .. one.link, target))
    end
    failure.check(fs.utime(parent, was.mtime, was.mtime_nsec))
  end
end

--- A directory to make new directories in, beside the overlay: files can be linked there, and are
-- made faster. With several sources a second one may go into what the first has made.
local function open_staged(vertex, dir)
  local use = vertex.uses[1]
  if vertex.ignores_parent or #vertex.uses ~= 1 or #use.select.paths > 1
    or #vertex.params.inline > 0 or glob.has_wildcard(use.select.paths[1]) then return nil end
  failure.check(fs.mkdir(dir.path .. "/staged"))
  return failure.check(fs.open(dir.path .. "/staged", "dir"))
end

local function descriptor(opened)
  return opened and opened:fd() or nil
end

--- Copies everything to where it belongs, as the stage sees it; answers what is to be placed.
local function copy_all(vertex, work, dir, below)
  local params = vertex.params
  local root <close> = open_target(vertex, work, dir, below)
  local staged <close> = open_staged(vertex, dir)
  local earlier <close> = previous.open(vertex, work)
  local target = {
    to = root:fd(), destination = real_destination(root:fd(), params.destination),
    chown = owner(params.chown, root:fd(), params.link), places = {},
    chmod = params.chmod, parents = params.parents, exclude = params.exclude,
    staged = descriptor(staged), earlier = descriptor(earlier),
    raw = vertex.ignores_parent or nil, epoch = work.options.epoch,
  }
  for _, use in ipairs(vertex.uses) do from_source(vertex, use, work, target) end
  from_inline(vertex, dir, target)
  return target.places
end

--- Carries out a copy or add.
function deliver.make(vertex, work, dir, below)
  put_places(copy_all(vertex, work, dir, below), dir)
end

--- Copies one path of a tree, less what the tree excludes, into a folder.
function deliver.select(tree, name, folder)
  local root <close> = failure.check(fs.open(folder, "dir"))
  copy(tree, { { path = name, name = name } }, { to = root:fd(), destination = "/",
    places = {}, raw = true })
end

return deliver
