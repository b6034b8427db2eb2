--- merge and diff: layers stacked anew. Nothing is copied and nothing runs.
local failure = require "lamina.util.failure"
local stack = require "lamina.build.stack"

local merge = {}

--- Adds the layers of `past` (entries from a state's history) that lie above the first `skip`.
local function add_layers(into, past, skip)
  local seen = 0
  for _, item in ipairs(past) do
    if item.layer then
      seen = seen + 1
      if seen > skip then
        into = into:with {
          history = { below = into.history, entry = item.entry, layer = item.layer,
            inherited = item.inherited },
          layers = stack.push(into.layers, item.layer),
        }
      end
    end
  end
  return into
end

--- Stacks on the first stage what each further one has added to what they have in common. The
-- configuration is the first one's.
function merge.merge(step, _, resolver)
  local first = resolver:result(step.inputs[1])
  local merged = first
  for i = 2, #step.inputs do
    local other = resolver:result(step.inputs[i])
    merged = add_layers(merged, other:past(), stack.common(first.layers, other.layers))
  end
  return merged
end

--- What `upper` has added to `lower`.
function merge.diff(step, _, resolver)
  local lower, upper = resolver:result(step.lower), resolver:result(step.upper)
  local count = lower.layers and lower.layers.count or 0
  if stack.common(lower.layers, upper.layers) < count then
    failure.raise("unsupported", "the upper stage doesn't stand on the lower one",
      { hint = "diff(lower, upper) takes a stage and one that was made from it" })
  end
  local empty = upper:with { history = false, layers = false }
  return add_layers(empty, upper:past(), count)
end

return merge
