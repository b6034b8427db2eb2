--- What --cache-from and --cache-to say: "type=registry,ref=NAME,mode=max", or in short a name.
local check = require "lamina.util.check"
local compression = require "lamina.image.compression"
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
local truth = one_of(check.booleans)
local ignore_error = { truth, "ignores_errors" }

local function as_it_is(value) return value end

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

--- What BuildKit can do otherwise, for registries of old: here it is a manifest of OCI's always.
local function always(value, fail)
  if not truth(value, fail) then
    fail("a cache is a manifest of OCI's always", "leave it out, or say true")
  end
end

local function of_image(_, fail)
  fail("a cache in the image has no layers but the image's",
    "-o type=registry,compression=… is how those are compressed")
end

-- How the layers are written; layers_as makes of it what store/outgoing.lua takes.
local function with_compression(keys)
  keys.compression, keys["compression-level"] = { compression.kind }, { as_it_is, "level" }
  keys["force-compression"] = { truth, "is_forced" }
  keys["image-manifest"], keys["oci-mediatypes"] = { always }, { always }
  keys.mode, keys["ignore-error"] = mode, ignore_error
  return keys
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
    inline = { mode = { min_only }, compression = { of_image }, ["ignore-error"] = ignore_error,
      ["compression-level"] = { of_image }, ["force-compression"] = { of_image } },
    ["local"] = with_compression { tag = { tag },
      dest = { as_it_is, needed = "dest=DIR is where it is kept" } },
    registry = with_compression {
      ref = { name_to_write, needed = "ref=NAME:TAG is where it is kept" } },
  },
}

for _, types in pairs(known) do
  for _, keys in pairs(types) do keys.type = { as_it_is } end
end

-- What belongs to the other option.
local opposite = { src = "dest", dest = "src" }

local other_option = { ["--cache-from"] = "--cache-to", ["--cache-to"] = "--cache-from" }

--- Fails over a key of `map` that was misspelt, or isn't there.
local function unknown(fail, what, word, map)
  fail(what, check.hint(opposite[word or ""] or word, check.sorted_keys(map)))
end

--- The same for a key of a type, which the other option may know.
local function unknown_key(fail, key, option, type)
  local what, other = ("'%s' isn't known"):format(key), other_option[option]
  if not opposite[key] and (known[other][type] or {})[key] then
    fail(what, ("it is said to %s"):format(other))
  end
  unknown(fail, what, key, known[option][type])
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

--- Whether the compression is for all layers, or with force-compression=false only the `default`
-- for those that have none yet.
local function layers_as(parsed, fail)
  local kind = parsed.compression or (parsed.is_forced and "gzip") or nil
  if parsed.level then parsed.level = compression.level(kind, parsed.level, fail) end
  parsed.compression = kind
  if parsed.is_forced == false then parsed.compression, parsed.default = nil, kind end
  parsed.is_forced = nil
  return parsed
end

local function parse(word, option)
  local function fail(why, hint)
    failure.raise("usage", ("%s '%s': %s"):format(option, word, why), { hint = hint })
  end
  local fields = fields_of(word, option, fail)
  local keys = keys_of(fail, fields.type, option)
  local parsed = {}
  for key in pairs(fields) do
    if not keys[key] then unknown_key(fail, key, option, fields.type) end
  end
  for key, rule in pairs(keys) do
    local value = fields[key]
    if rule.needed and (value or "") == "" then
      fail(("'%s' is missing"):format(key), rule.needed)
    end
    if value then parsed[rule[2] or key] = rule[1](value, fail) end
  end
  return layers_as(parsed, fail)
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
