--- Where the files of copy and add come from: the context, a stage, or elsewhere. What add is given
-- may be a URL or a repository, as in a Dockerfile (SEMANTICS 57, 58).
local failure = require "lamina.util.failure"
local giturl = require "lamina.build.remote.giturl"

local origin = {}

local function is_url(source)
  return source:lower():find("^https?://") ~= nil
end

local function refuse_remote(step, source)
  failure.raise("invalid-input", ("%s: '%s' is a URL"):format(step.op, source), {
    hint = step.from and "a URL isn't a path in what 'from' names"
      or "add takes URLs; copy takes http(url) and git(url)" })
end

--- The remote that a text stands for, nil where it is a path.
local function remote_of(step, source, checksum, resolver)
  local is_git = giturl.is_one(source)
  if not is_git and not is_url(source) then return nil end
  if step.op == "copy" or step.from then refuse_remote(step, source) end
  if not is_git then
    return resolver.remotes:get("http", { url = source, checksum = checksum })
  end
  return resolver.remotes:get("git", giturl.source(source,
    { keep_git_dir = step.keep_git_dir, checksum = checksum }))
end

local function use_of_remote(source, params)
  local select = source:select()
  select.exclude, select.parents = params.exclude, params.parents
  if params.destination:find("/$") and source.has_name == false then
    failure.raise("invalid-input", ("%s: the URL has no file name"):format(source.name),
      { hint = "give the destination one: it must not end with '/'" })
  end
  return { source = source, select = select }
end

--- What a use selects. With `parents` a "/./" in the path says where the part begins that is kept.
local function select_of(text, params)
  local select = { paths = { text }, exclude = params.exclude, parents = params.parents }
  local below, rest = text:match("^(.-)/%./(.*)$")
  if params.parents and below then select.below, select.paths = below, { rest } end
  return select
end

--- The uses of the sources' texts, in their order; paths beside each other are one use.
local function uses_of_texts(step, sources, checksum, params, resolver)
  local uses, paths = {}, nil
  for _, text in ipairs(sources) do
    local source = remote_of(step, text, checksum, resolver)
    if source then
      uses[#uses + 1], paths = use_of_remote(source, params), nil
    else
      local select = select_of(text, params)
      if paths and not select.below then
        paths[#paths + 1] = text
      else
        paths = not select.below and select.paths or nil
        uses[#uses + 1] = {
          source = step.from and resolver:result(step.from) or resolver.contexts:get("."),
          select = select,
        }
      end
    end
  end
  return uses
end

--- A checksum is of one thing that comes from elsewhere.
local function check_checksum(step, uses)
  if #uses == 1 and uses[1].source.is_remote and not step.remotes then return end
  if step.remotes then
    failure.raise("invalid-input", step.op .. ": the checksum belongs to the source itself",
      { hint = "http(url, { sha256 = … })" })
  end
  failure.raise("invalid-input", step.op .. ": a checksum is for one URL or repository")
end

--- What a step reads: the uses, and the sources as the history names them.
function origin.uses(step, sources, checksum, params, resolver)
  local uses = uses_of_texts(step, sources, checksum, params, resolver)
  local names = table.move(sources, 1, #sources, 1, {})
  for _, id in ipairs(step.remotes or {}) do
    local source = resolver:result(id)
    uses[#uses + 1] = use_of_remote(source, params)
    names[#names + 1] = source.url
  end
  if checksum then check_checksum(step, uses) end
  return uses, names
end

return origin
