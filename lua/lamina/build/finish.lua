--- What a finished stage is as an image: configuration, history, names. Nothing is written.
--
-- The same inputs give the same image: its time is that of its newest layer, or SOURCE_DATE_EPOCH,
-- never that of the export (SEMANTICS 89).
local digest = require "lamina.core.digest"
local image_config = require "lamina.image.config"
local reference = require "lamina.image.reference"
local stack = require "lamina.build.stack"
local text = require "lamina.util.text"

local finish = {}

-- What a base's own build left in its configuration and is untrue of an image made from it.
local dropped = { "container", "container_config", "id", "parent", "created", "docker_version" }

--- Seconds of a history entry's layer, nil for what is inherited or has none.
local function layer_time(item, epoch)
  if item.inherited or type(item.layer) ~= "table" then return nil end
  return epoch or item.layer.output.created
end

--- The entries with times: metadata takes that of the next new layer, or of the last one.
local function history(state, epoch)
  local past, list = state:past(), {}
  local newest, next_time
  for _, item in ipairs(past) do
    local time = layer_time(item, epoch)
    if time and (not newest or time > newest) then newest = time end
  end
  newest = newest or epoch
  for i = #past, 1, -1 do
    local entry = {}
    for key, value in pairs(past[i].entry) do entry[key] = value end
    next_time = layer_time(past[i], epoch) or next_time
    if not past[i].inherited then
      local time = next_time or newest
      entry.created = time and text.rfc3339(time) or state.image.created or text.rfc3339(0)
    end
    list[i] = entry
  end
  return list, newest
end

--- The image's whole configuration.
local function configuration(state, options)
  local whole = {}
  for key, value in pairs(state.image) do whole[key] = value end
  for _, key in ipairs(dropped) do whole[key] = nil end
  local entries, newest = history(state, options.epoch)
  whole.os, whole.architecture = state.platform.os, state.platform.architecture
  whole.variant = state.platform.variant
  whole.config, whole.history = state:configuration(), entries
  whole.rootfs = { type = "layers", diff_ids = stack.diff_ids(state.layers) }
  whole.created = newest and text.rfc3339(newest) or state.image.created or text.rfc3339(0)
  return whole
end

local function names(target, options)
  local list, seen = {}, {}
  local function add(name)
    local full = reference.target(name)
    if not seen[full] then list[#list + 1] = full end
    seen[full] = true
  end
  for _, name in ipairs(target.names or {}) do add(name) end
  for _, name in ipairs(options.tags) do add(name) end
  return list
end

--- Checks the names before anything is built, so that a typo doesn't cost a build.
function finish.names(target, options)
  return names(target, options)
end

--- Labels of the caller's, which come last and leave no trace in the history (SEMANTICS 39).
local function labelled(state, labels)
  if #labels == 0 then return state end
  local all = {}
  for key, value in pairs(state.config.Labels or {}) do all[key] = value end
  for _, pair in ipairs(labels) do all[pair[1]] = pair[2] end
  return state:configured { Labels = all }
end

--- The image of a state whose layers are there: { id =, config = bytes, layers = diff IDs,
-- annotations =, created = seconds, platform = }.
function finish.image(state, options)
  local whole = configuration(labelled(state, options.labels), options)
  local bytes = image_config.encode(whole)
  return { id = "sha256:" .. digest.sha256(bytes), config = bytes,
    layers = whole.rootfs.diff_ids, annotations = state.annotations,
    created = text.parse_time(whole.created), platform = state.platform }
end

return finish
