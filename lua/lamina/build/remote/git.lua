--- A git repository as a source: git("https://host/x.git", { ref = "v1", subdir = "docs" })
-- (SEMANTICS 58).
--
-- A branch or tag is looked up in every build; a commit needs nobody. The tree of a commit stays in
-- the store's cache/. Its files are root's, 0644 or 0755, and as old as the commit.
local digest = require "lamina.core.digest"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local gitcommand = require "lamina.build.remote.gitcommand"
local giturl = require "lamina.build.remote.giturl"
local json = require "lamina.core.json"
local layer = require "lamina.core.layer"
local lock = require "lamina.store.lock"
local remote = require "lamina.build.remote"
local rootpath = require "lamina.exec.rootpath"
local sched = require "lamina.util.sched"
local tree = require "lamina.build.tree"

local git = {}

local Repository = {}
Repository.__index = Repository

--- The source of a repository. parameters: url, ref, subdir, submodules (default true),
-- keep_git_dir, checksum (the commit, or how it begins).
function git.new(store, parameters)
  local url = giturl.check(parameters.url)
  local ref = parameters.ref and giturl.check_ref(parameters.ref, url)
  local checksum = parameters.checksum and parameters.checksum:lower()
  if checksum and not (checksum:find("^%x+$") and #checksum >= 7) then
    failure.raise("invalid-input", ("git: %s: '%s' is no commit"):format(url, checksum))
  end
  return setmetatable({
    store = store, url = url, ref = ref, subdir = parameters.subdir or "", checksum = checksum,
    has_submodules = parameters.submodules ~= false, keeps_git = parameters.keep_git_dir or false,
    name = "the repository " .. url,
  }, Repository)
end

--- All of its tree.
function Repository:select() -- luacheck: no self
  return { paths = { "" }, is_literal = true }
end

local function command(self)
  if not self.command then self.command = gitcommand.new(self.store:temp("git"), self.url) end
  return self.command
end

--- The object that a ref means among what the server has told. Where a branch and a tag have one
-- name, it is the branch; of a tag it is what it stands for.
local function choose(lines, ref)
  local found = {}
  for _, line in ipairs(lines) do
    local id, name = line:match("^(%x+)%s+(%S+)$")
    if id and giturl.is_commit(id) then found[name] = id end
  end
  if not ref then return found.HEAD, "HEAD" end
  for _, name in ipairs { "refs/heads/" .. ref, "refs/tags/" .. ref, "refs/" .. ref, ref } do
    if found[name] then return found[name .. "^{}"] or found[name], name end
  end
end

--- The commit of the ref, and the name under which the server has it.
local function look(self)
  local ref = self.ref
  if ref and giturl.is_commit(ref) then return ref:lower() end
  local lines = command(self):run("ls-remote", "--", self.url, ref or "HEAD",
    ref and ref .. "^{}" or "HEAD")
  local commit, name = choose(lines, ref)
  if not commit then
    failure.raise("not-found", ("%s has no branch or tag '%s'"):format(self.url, ref or "HEAD"),
      { hint = ref and ref:find("^%x+$") and "a commit is written with all of its 40 digits" })
  end
  return commit, name
end

--- The commit, once it is the wanted one.
local function commit_of(self)
  local commit, name = remote.once(self, "look", look)
  if self.checksum and commit:sub(1, #self.checksum) ~= self.checksum then
    failure.raise("invalid-input", ("%s: '%s' is commit %s, %s was expected"):format(self.url,
      self.ref or "HEAD", commit, self.checksum))
  end
  return commit, name
end

function Repository:identity()
  return { git = commit_of(self), subdir = self.subdir, submodules = self.has_submodules,
    keep_git_dir = self.keeps_git }
end

--- Fetches the commit alone where the server lets us, else what it has under a name, else all.
local function fetch(self, dir, commit, name)
  local run = command(self)
  local all = { "+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*" }
  for _, words in ipairs { { "--depth=1", "--", self.url, commit },
    { "--depth=1", "--", self.url, name or commit }, { "--", self.url, all[1], all[2] } } do
    local ok, _, errors = run:try("-C", dir, "fetch", "-q", "--no-tags", "--no-write-fetch-head",
      "--no-recurse-submodules", table.unpack(words))
    if ok and run:try("-C", dir, "cat-file", "-e", commit .. "^{commit}") then return end
    self.complaint = #errors > 0 and errors or self.complaint
  end
  if #(self.complaint or {}) > 0 then run:complain(self.complaint) end
  failure.raise("not-found", ("%s has no commit %s"):format(self.url, commit))
end

local function fetch_submodules(run, dir)
  local words = { "-C", dir, "submodule", "--quiet", "update", "--init", "--recursive",
    "--checkout", "--depth=1" }
  if not run:try(table.unpack(words)) then -- a server that doesn't give single commits
    run:run(table.unpack(words, 1, #words - 1))
  end
end

--- Takes every .git away: of the repository and of its submodules. Nothing that is committed can
-- have that name.
local function remove_git(dir)
  for _, name in ipairs(failure.check(fs.list(dir))) do
    local path = dir .. "/" .. name
    if name == ".git" then
      failure.check(fs.remove(path))
    elseif fs.stat(path, { follow = false }).type == "dir" then
      remove_git(path)
    end
  end
end

local function check_out(self, dir, commit, name)
  local run = command(self)
  run:run("init", "-q", "--", dir)
  run:run("-C", dir, "config", "remote.origin.url", self.url)
  run:run("-C", dir, "config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*")
  fetch(self, dir, commit, name)
  run:run("-C", dir, "checkout", "-q", "--force", "--detach", commit)
  if self.has_submodules and fs.stat(dir .. "/.gitmodules", { follow = false }) then
    fetch_submodules(run, dir)
  end
  local time = run:run("-C", dir, "log", "-1", "--format=%ct", commit)[1]
  if not self.keeps_git then remove_git(dir) end
  sched.job(layer.clamp, dir, math.tointeger(tonumber(time)) or 0)
end

--- The folder of the tree in cache/, made when it isn't there.
local function checked_out(self)
  local commit, name = commit_of(self)
  local id = digest.sha256(failure.check(json.encode { self.url, commit, self.has_submodules,
    self.keeps_git }))
  local path = ("%s/cache/git-%s"):format(self.store.root, id:sub(1, 32))
  failure.check(fs.mkdirs(self.store.root .. "/cache", 448)) -- 0700
  self.held[#self.held + 1] = failure.check(lock.wait(path .. ".lock", "shared"))
  if not fs.stat(path, { follow = false }) then
    local dir = self.store:temp("checkout") .. "/tree"
    failure.check(fs.mkdir(dir))
    failure.check(fs.chmod(dir, 493)) -- 0755
    check_out(self, dir, commit, name)
    local done, err = fs.rename(dir, path, { noreplace = true })
    if not done and err.errno ~= "EEXIST" then failure.check(done, err) end
  end
  return path
end

local function make_tree(self)
  local path = checked_out(self)
  local top = failure.check(fs.open(path, "dir"))
  self.held[#self.held + 1] = top
  local dir, is_there = rootpath.follow(top:fd(), self.subdir)
  if not is_there or fs.stat(dir == "" and "." or dir, { root = top:fd() }).type ~= "dir" then
    failure.raise("not-found", ("%s has no directory '%s'"):format(self.url, self.subdir))
  end
  local root = failure.check(fs.open(dir == "" and "." or dir, "dir", { root = top:fd() }))
  self.held[#self.held + 1] = root
  return tree.new(root:fd(), { name = self.name, reset_owner = true })
end

function Repository:tree()
  return remote.once(self, "tree", make_tree)
end

return git
