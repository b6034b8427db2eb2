--- An image by its name: from the store, or else from its registry.
--
--   local image = obtain.image(store, "debian", { platform =, policy =, bus =, fits = })
--
-- The policy is "missing", "always" (a name is looked up in its registry each time) or "never";
-- the default is the setting `pull`. An image for whose platform `fits(image)` is false
-- is got without its name: that stays with the one that has it. `least` is what images:resolve
-- takes.
local config = require "lamina.config.config"
local config_check = require "lamina.image.config_check"
local descriptor = require "lamina.image.descriptor"
local digest = require "lamina.core.digest"
local failure = require "lamina.util.failure"
local platform = require "lamina.image.platform"
local reference = require "lamina.image.reference"

local obtain = {}

--- The image of the store; or nil, and the failure that there is none.
local function stored(store, name, wanted, least)
  local ok, image = pcall(store.images.resolve, store.images, name, wanted, least)
  if ok then return image end
  if not failure.is(image, "not-found") then error(image, 0) end
  return nil, image
end

--- What knows registries is loaded when there is one to ask.
local function got(store, name, options, keeps_name)
  local bus = options.before and options.before() or options.bus
  local result = require("lamina.registry.pull").run(store, name, { bus = bus,
    platform = options.platform, names = not keeps_name })
  return store.images:resolve(result.id, options.platform)
end

--- What is known of an image before its layers are there, with the fields of one of the store.
local function outline(image)
  return { id = "sha256:" .. digest.sha256(image.config), manifest = image.digest,
    layers = image.diff_ids, config = config_check.parse(image.config) }
end

local function are_there(store, diff_ids)
  for _, diff_id in ipairs(diff_ids) do
    if not store.layers:has(diff_id) then return false end
  end
  return true
end

--- The image as its registry tells of it; it comes when its layers are needed.
local function looked_at(store, name, options, keeps_name)
  local pull, ref = require "lamina.registry.pull", reference.parse(name)
  local how = { bus = options.before and options.before() or options.bus, names = not keeps_name,
    platform = options.platform }
  local found = { pull.look(ref, how) }
  local image = found[1][1]
  if are_there(store, image.diff_ids) then
    return store.images:resolve(pull.take(store, ref, found, how).id, options.platform)
  end
  options.promise(image.diff_ids, function()
    local ok, result = pcall(pull.take, store, ref, found, how)
    return ok and result or error(failure.wrap(result, "pull " .. reference.familiar(ref)), 0)
  end)
  return outline(image)
end

local function got_or_looked_at(store, name, options, keeps_name)
  if not options.promise then return got(store, name, options, keeps_name) end
  local ok, result = pcall(looked_at, store, name, options, keeps_name)
  if ok then return result end
  error(failure.wrap(result, "pull " .. reference.familiar(reference.parse(name))), 0)
end

--- Whether a text may be the name of something in a registry: an id isn't.
local function is_name(text)
  return not descriptor.is_digest(text) and pcall(reference.parse, text)
end

--- What wasn't found in the store is told as well: a name may be mistyped.
local function got_missing(store, name, options, missing)
  -- there is an index without this platform
  local keeps_name = stored(store, name, nil, options.least) ~= nil
  local ok, image = pcall(got_or_looked_at, store, name, options, keeps_name)
  if ok then return image end
  if failure.is(image) and not image.hint then image.hint = missing.hint end
  error(image, 0)
end

--- The image. options: platform (nil: this machine's), policy, bus, fits, least; before, which is
-- called when something is going to be pulled, and may answer another bus; promise, a function of
-- diff IDs and `fetch`: then nothing is got but documents, and fetch() gets the rest
-- (build/promised.lua).
function obtain.image(store, name, options)
  local policy = options.policy or config.get "pull"
  local may_pull = policy ~= "never" and not store.readonly and is_name(name)
  if may_pull and policy == "always" then return got_or_looked_at(store, name, options) end
  local image, missing = stored(store, name, options.platform, options.least)
  if image and (not options.fits or options.fits(image)) then return image end
  if not may_pull then return image or error(missing, 0) end
  if not image then return got_missing(store, name, options, missing) end
  options.platform = options.platform or platform.host()
  return got_or_looked_at(store, name, options, true)
end

return obtain
