--- What --cache-from and --cache-to say: "type=registry,ref=NAME,mode=max", or in short a name.
local check = require "lamina.util.check"
local csv = require "lamina.cli.csv"
local descriptor = require "lamina.image.descriptor"
local failure = require "lamina.util.failure"
local reference = require "lamina.image.reference"

local cache_options = {}

--- A function that turns a word into what it stands for among these, or fails.
local function one_of(choices)
  return function(value, fail)
    if choices[value] ~= nil then return choices[value] end
    fail(("'%s' is none of %s"):format(value, table.concat(check.sorted_keys(choices), ", ")))
  end
end

local mode = { one_of { min = "min", max = "max" } }
local compression = { one_of { uncompressed = "none", none = "none", gzip = "gzip",
  zstd = "zstd" } }
local ignore_error = { one_of(check.booleans), "ignores_errors" }

local function name(value)
  reference.parse(value)
  return value
end

local function name_to_write(value, fail)
  if reference.parse(value).digest then fail "a digest can't be written" end
  return value
end

local function min_only(value, fail)
  if value == "max" then
    fail("an image has room for the records of its own layers only, which is mode=min",
      "type=registry,ref=NAME,mode=max writes those of all stages")
  end
  return mode[1](value, fail)
end

local function tag(value, fail)
  if #value <= 128 and value:find "^[%w_][%w_.-]*$" then return value end
  fail(("'%s' is no tag"):format(value), "letters, digits, '_', '.' and '-' make one")
end

local function digest(value, fail)
  return descriptor.is_digest(value) and value or fail(("'%s' is no digest"):format(value))
end

local function as_it_is(value) return value end

--- What BuildKit can do otherwise, for registries of old: here it is a manifest of OCI's always.
local function always(value, fail)
  if not one_of(check.booleans)(value, fail) then fail "a cache is a manifest of OCI's always" end
end

-- What each type takes: how a key's word is read, the field that it becomes (nil: of the key's own
-- name), and whether it has to be there.
local known = {
  ["--cache-from"] = {
    ["local"] = { src = { as_it_is, needed = "src=DIR is where it is kept" }, tag = { tag },
      digest = { digest } },
    registry = { ref = { name, needed = "ref=NAME:TAG is where it is kept" } },
  },
  ["--cache-to"] = {
    inline = { mode = { min_only } },
    ["local"] = { dest = { as_it_is, needed = "dest=DIR is where it is kept" }, tag = { tag },
      mode = mode, compression = compression, ["ignore-error"] = ignore_error,
      ["image-manifest"] = { always }, ["oci-mediatypes"] = { always } },
    registry = { ref = { name_to_write, needed = "ref=NAME:TAG is where it is kept" },
      mode = mode, compression = compression, ["ignore-error"] = ignore_error,
      ["image-manifest"] = { always }, ["oci-mediatypes"] = { always } },
  },
}

for _, types in pairs(known) do
  for _, keys in pairs(types) do keys.type = { as_it_is } end
end

-- What belongs to the other option.
local opposite = { src = "dest", dest = "src" }

--- Fails over a key of `map` that was misspelt, or isn't there.
local function unknown(fail, what, word, map)
  fail(what, check.hint(opposite[word or ""] or word, check.sorted_keys(map)))
end

-- How a directory is said, which has no short form.
local for_folder = { ["--cache-from"] = "type=local,src=DIR is a directory",
  ["--cache-to"] = "type=local,dest=DIR is a directory" }

--- The words by their keys.
local function fields_of(word, option, fail)
  if word:find "^[./~]" then fail("the name of a registry's expected", for_folder[option]) end
  if not word:find("=", 1, true) then return { type = "registry", ref = word } end
  return csv.pairs(csv.fields(word, option), fail)
end

--- What a type takes.
local function keys_of(fail, type, option)
  local types = known[option]
  if types[type or ""] then return types[type] end
  if type == "inline" then
    fail("what an image has in it is read by the image's name", "type=registry,ref=IMAGE")
  end
  unknown(fail, type and ("the type '%s' isn't known"):format(type) or "'type' is missing", type,
    types)
end

local function parse(word, option)
  local function fail(why, hint)
    failure.raise("usage", ("%s '%s': %s"):format(option, word, why), { hint = hint })
  end
  local fields = fields_of(word, option, fail)
  local keys = keys_of(fail, fields.type, option)
  local parsed = {}
  for key in pairs(fields) do
    if not keys[key] then unknown(fail, ("'%s' isn't known"):format(key), key, keys) end
  end
  for key, rule in pairs(keys) do
    local value = fields[key]
    if rule.needed and (value or "") == "" then
      fail(("'%s' is missing"):format(key), rule.needed)
    end
    if value then parsed[rule[2] or key] = rule[1](value, fail) end
  end
  return parsed
end

--- One of the two tells all.
local function check_which(one, option, word)
  if not one.tag or not one.digest then return one end
  failure.raise("usage", ("%s '%s': the tag '%s' and a digest: one of them is meant"):format(option,
    word, one.tag))
end

local function each(words, option)
  local list = {}
  for i, word in ipairs(words) do list[i] = check_which(parse(word, option), option, word) end
  return list
end

function cache_options.from(words) return each(words, "--cache-from") end

-- What asks for type=inline in older words of Docker's: this build argument.
local inline_argument = "BUILDKIT_INLINE_CACHE"

--- `args` are the build arguments by name.
function cache_options.to(words, args)
  local list = each(words, "--cache-to")
  if check.booleans[args[inline_argument] or ""] then list[#list + 1] = { type = "inline" } end
  return list
end

return cache_options
