--- What a check of the store has found.
--
-- Damage is something that was promised and isn't there, or isn't what it should be. A notice is
-- what nobody needs or misses: waste, mostly. A repair never deletes the only copy of anything.
local failure = require "lamina.util.failure"

local findings = {}

local Findings = {}
Findings.__index = Findings

function findings.new()
  return setmetatable({ list = {}, checked = {}, tried = 0 }, Findings)
end

--- Adds one: { kind =, subject = (what it is about), message =, hint =, repair = function }.
-- A repair answers true when all is well again; nil or false when it can't be done here.
function Findings:damage(found)
  found.level, found.repaired = "damage", false
  self.list[#self.list + 1] = found
end

function Findings:notice(found)
  found.level, found.repaired = "notice", false
  self.list[#self.list + 1] = found
end

--- Counts what was looked at.
function Findings:count(what, n)
  self.checked[what] = (self.checked[what] or 0) + (n or 1)
end

--- Repairs what can be of what was found since the last time; one that fails is told with its
-- reason, and the others go on. The caller holds gc.lock alone since it was found, or else the
-- repair looks again before it does anything: somebody may have been quicker.
function Findings:repair()
  for i = self.tried + 1, #self.list do
    local found = self.list[i]
    self.tried = i
    local ok, result = pcall(found.repair or function() end)
    if ok then
      found.repaired = found.repaired or result == true
    elseif failure.is(result) and result.kind ~= "interrupted" then
      found.message = ("%s (the repair failed: %s)"):format(found.message, result.message)
    else
      error(result, 0)
    end
  end
end

--- Whether no damage is left.
function Findings:is_clean()
  for _, found in ipairs(self.list) do
    if found.level == "damage" and not found.repaired then return false end
  end
  return true
end

return findings
