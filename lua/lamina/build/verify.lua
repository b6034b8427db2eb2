--- Builds twice and compares: whether a recipe gives the same layers every time.
--
-- The second build looks nothing up and remembers nothing. The first step whose layers differ is
-- told with the first file and attribute; what follows it may only differ because of it.
local compare = require "lamina.build.compare"
local failure = require "lamina.util.failure"
local label = require "lamina.build.label"

local verify = {}

local hints = {
  mtime = "--source-date-epoch sets the times of what is written later",
}

local function describe(one)
  if one.what == "new" or one.what == "missing" then
    return ("file /%s is there only %s"):format(one.path,
      one.what == "new" and "the second time" or "the first time")
  elseif one.a then
    return ("file /%s: %s is %s, then %s"):format(one.path, one.what, one.a, one.b)
  end
  return ("file /%s: %s differs"):format(one.path, one.what)
end

--- Compares the vertices of two solved graphs of one plan; raises a failure "step-failed" at the
-- first difference.
function verify.graphs(store, first, second)
  for i, vertex in ipairs(first.vertices) do
    local a, b = vertex.output.diff_id, second.vertices[i].output.diff_id
    if a ~= b then
      local found = compare.trees(store.layers:path(a), store.layers:path(b),
        { limit = 1, times = true })[1]
      local why = found and describe(found) or "xattrs or hard links differ"
      failure.raise("step-failed", ("%s isn't reproducible: %s"):format(label.place(vertex.step),
        why), { hint = found and hints[found.what] })
    end
  end
end

return verify
