--- The places in which builders have a cache for each other. Each is a module with
--
--   open(store, source, options)             -- reads one: { records = by key, layers =
--                                            -- descriptors by diff ID, fetch = a function of a
--                                            -- descriptor and its diff ID, which gets the layer
--                                            -- into the store, verified }
--   write(store, target, records, options)   -- writes one, in the place of what was there
--   check(target)                            -- (may be missing) raises, before anything is built,
--                                            -- where it can't be written
local cache_place = {}

-- What is inline is read by the image's name in a registry.
local modules = { inline = "lamina.build.cache_inline", ["local"] = "lamina.archive.build_cache",
  registry = "lamina.registry.build_cache" }

--- The place of a source or target { type =, … }; loaded when it is first asked for.
function cache_place.of(one)
  return require(modules[one.type])
end

return cache_place
