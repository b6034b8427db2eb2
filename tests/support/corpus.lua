--- The hostile archives as files, beside a canary that none of them may touch.
--
--   local corpus = corpus.write()       -- corpus.folder has N.tar for the Nth of support.hostile
--   assert.equal(corpus.before, corpus:canary_state())
local fs = require "lamina.core.fs"
local helper = require "support.helper"
local hostile = require "support.hostile"
local tar = require "support.tar"

local corpus = {}

local Corpus = {}
Corpus.__index = Corpus

--- The lines that the folder's own path makes when it is taken for a path in the archive.
local function parents_of(canary)
  local lines, upto = {}, nil
  for part in canary:gmatch "[^/]+" do
    upto = upto and upto .. "/" .. part or part
    lines[#lines + 1] = upto .. "/ 755"
  end
  return table.concat(lines, "; ") .. "; " .. canary:sub(2)
end

--- CANARY in every string of the value becomes the folder outside.
function Corpus:fill(value)
  if type(value) == "string" then
    return (value:gsub("CANARYPARENTS", parents_of(self.canary)):gsub("CANARY", self.canary))
  end
  if type(value) ~= "table" then return value end
  local copy = {}
  for key, field in pairs(value) do copy[key] = self:fill(field) end
  return copy
end

local filtered = [[mkdir %s/f && cd %s/f && ln -s ../%d.tar in && { cat in | %s
} >../out; cd .. && rm -rf f && mv out %d.tar]]

local function write_archive(self, number, case)
  local list = self:fill(case.list)
  local folder = self.folder
  helper.write(self:path(number), type(list) == "string" and list or tar.of(list))
  if not case.filter then return end
  assert(os.execute(filtered:format(folder, folder, number, case.filter, number)))
end

function Corpus:path(number) return ("%s/%d.tar"):format(self.folder, number) end

--- All there is to see of the folder outside, times of reading among it.
function Corpus:canary_state()
  local _, out = helper.sh(("cd %s && stat -c '%%n %%a %%u:%%g %%h %%s %%x %%y %%z' . secret; "
    .. "ls -A; getfattr -d -m - . secret 2>/dev/null"):format(self.canary))
  return out
end

--- What has to become of a case for who has so many ids.
function Corpus:expected(case, ids)
  if case.ids and case.ids > ids then return { err = ("outside the %d ids"):format(ids) } end
  return { err = self:fill(case.err), tree = self:fill(case.tree), match = case.match,
    has = case.has }
end

function corpus.write()
  local self = setmetatable({ folder = helper.tmpdir(), canary = helper.tmpdir() .. "/canary" },
    Corpus)
  assert(fs.mkdir(self.canary))
  assert(fs.chmod(self.canary, 493)) -- 0755
  helper.write(self.canary .. "/secret", "the secret")
  -- older than any change of it, so that reading it would show
  assert(os.execute("touch -a -d 2001-01-01 " .. self.canary .. "/secret"))
  self:canary_state()
  for number, case in ipairs(hostile) do write_archive(self, number, case) end
  self.before = self:canary_state()
  return self
end

return corpus
