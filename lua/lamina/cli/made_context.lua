--- A build context that has to be made first: a repository, an archive by URL, or standard input.
--
--   made.open(store, bus, "https://host/x.git#main:dir")
--   -> { path = dir }, or { path = an empty dir, text = … } where a recipe came, no archive
--
-- It lies in the store's tmp/ or cache/; nothing in it leads out of it when it is read beneath its
-- root. Ignore files don't count in it (SEMANTICS 60).
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local giturl = require "lamina.build.remote.giturl"
local input = require "lamina.cli.input"
local layer = require "lamina.core.layer"
local limits = require "lamina.config.limits"
local remote = require "lamina.build.remote"
local sched = require "lamina.util.sched"
local terminal = require "lamina.core.terminal"

local made = {}

--- Whether a word of the command line is such a context.
function made.is_one(word)
  return word == "-" or giturl.is_one(word) or word:lower():find("^https?://") ~= nil
end

--- The tree of an archive; what isn't one is the text of a recipe or Dockerfile.
local function unpack(store, path, label)
  local dir = store:temp("context")
  failure.check(fs.chmod(dir, 493)) -- 0755
  if not failure.check(layer.probe(path)).tar then
    local text, err = fs.read(path, { limit = input.recipe_limit() })
    if text then return { path = dir, text = text } end
    failure.raise("invalid-input", ("%s is neither a tar nor a recipe: %s"):format(label,
      err.message))
  end
  local ok, err = pcall(sched.job, layer.apply, path, dir,
    { form = "tree", uid = 0, gid = 0, ids = store.ids, limits = limits.archive() })
  if not ok then error(failure.wrap(err, label), 0) end
  return { path = dir }
end

local function from_standard_input(store)
  if terminal.is_terminal(0) then
    failure.raise("usage", "build: a context isn't read from a terminal",
      { hint = "lamina build - <context.tar, or name a directory" })
  end
  local path = store:temp("stdin") .. "/input"
  do
    local source <close> = failure.check(fs.open("/proc/self/fd/0", "r"))
    local output <close> = failure.check(fs.open(path, "w"))
    for chunk in function() return failure.check(source:read(1 << 16)) end do
      if chunk == "" then break end
      failure.check(output:write(chunk))
    end
  end
  return unpack(store, path, "standard input")
end

local function from_url(store, remotes, url)
  local file = remotes:get("http", { url = url, name = "context" })
  local fd = file:tree().fd
  return unpack(store, ("/proc/self/fd/%d/context"):format(fd), file.name)
end

local function from_git(remotes, word)
  local repository = remotes:get("git", giturl.source(word))
  return { path = ("/proc/self/fd/%d"):format(repository:tree().fd) }
end

--- Makes it. The answer's `held` keeps what it stands on until it is closed.
function made.open(store, bus, word)
  if word == "-" then return from_standard_input(store) end
  local remotes = remote.set(store, { bus = bus })
  local context = giturl.is_one(word) and from_git(remotes, word)
    or from_url(store, remotes, word)
  context.held = remotes
  return context
end

return made
