--- How layers may be compressed: the words for it, BuildKit's among them, and the levels there are.
--
-- `complain(why, hint)` raises a failure that names the option.
local compression = {}

local kinds = { none = "none", uncompressed = "none", gzip = "gzip", zstd = "zstd" }
local levels = { gzip = 3, zstd = 22 } -- the highest of each; ISA-L's gzip has no more

compression.highest = levels.zstd

--- What a word stands for.
function compression.kind(word, complain)
  return kinds[word] or complain(("unknown compression '%s'"):format(word),
    "it is gzip, zstd or none")
end

--- A level, a number or a text of one, for a compression; nil for that means gzip.
function compression.level(kind, level, complain)
  local number = math.tointeger(tonumber(tostring(level):match "^%d+$"))
  local most = levels[kind or "gzip"]
  if number and most and number >= 1 and number <= most then return number end
  complain(("compression-level is 1 to %d for gzip and 1 to %d for zstd, not '%s'"):format(
    levels.gzip, levels.zstd, level))
end

--- Both, by the keys that outputs and caches have for them: a compression and a level, nil for what
-- isn't said.
function compression.read(words, complain)
  local kind, level = words.compression, words["compression-level"]
  kind = kind and compression.kind(kind, complain)
  return kind, level and compression.level(kind, level, complain)
end

return compression
