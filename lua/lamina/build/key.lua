--- What a step's result depends on, as one digest (CACHE-01).
--
-- A key covers the operation, its expanded parameters, what it stands on and what it reads. What
-- it stands on is given by the *output* of its inputs, so that a step which ran again with the
-- same result doesn't make the next ones run.
local digest = require "lamina.core.digest"
local failure = require "lamina.util.failure"
local json = require "lamina.core.json"
local platform = require "lamina.image.platform"
local stack = require "lamina.build.stack"
local version = require "lamina.util.version"

local key = {}

--- The structured record behind a key, kept with the result so that a miss can be explained.
-- `reads` is what the step reads beside its parent, as the kind of step tells it; `epoch` is what
-- times are clamped to.
function key.record(vertex, reads, epoch)
  return {
    lamina = version, kind = vertex.kind, params = vertex.params, reads = json.array(reads),
    parent = not vertex.ignores_parent and stack.chain(vertex.at.layers) or nil,
    platform = platform.format(vertex.at.platform), epoch = epoch,
  }
end

--- The key of a record.
function key.of(record)
  return "sha256:" .. digest.sha256(failure.check(json.encode(record)))
end

return key
