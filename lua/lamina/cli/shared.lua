--- What --cache-from and --cache-to say: "type=registry,ref=NAME,mode=max", or in short a name.
local check = require "lamina.util.check"
local csv = require "lamina.cli.csv"
local failure = require "lamina.util.failure"
local reference = require "lamina.image.reference"

local shared = {}

local compressions = { uncompressed = "none", none = "none", gzip = "gzip", zstd = "zstd" }
local known = { from = { "type", "ref" },
  to = { "type", "ref", "mode", "compression", "ignore-error" } }

local function usage(what, word, why, hint)
  failure.raise("usage", ("%s '%s': %s"):format(what, word, why), { hint = hint })
end

local function fields_of(word, what, names)
  if not word:find("=", 1, true) then return { type = "registry", ref = word } end
  local fields = {}
  for _, field in ipairs(csv.fields(word, what)) do
    local key, value = field:match("^%s*([^=]+)=(.*)$")
    local is_known = false
    for _, name in ipairs(names) do is_known = is_known or name == key end
    if not is_known then
      local near = key and check.suggest(key, names)
      usage(what, word, ("'%s' isn't known"):format(key or field),
        near and ("did you mean '%s'?"):format(near) or "known are " .. table.concat(names, ", "))
    end
    fields[key] = value
  end
  return fields
end

local function one_of(what, word, value, choices)
  if value == nil or choices[value] ~= nil then return value and choices[value] end
  local list = {}
  for name in pairs(choices) do list[#list + 1] = name end
  table.sort(list)
  usage(what, word, ("'%s' is none of %s"):format(value, table.concat(list, ", ")))
end

local function parse(word, what, names)
  local fields = fields_of(word, what, names)
  if fields.type ~= "registry" then
    usage(what, word, ("the type '%s' isn't known"):format(fields.type or ""),
      "type=registry,ref=NAME is")
  elseif not fields.ref then
    usage(what, word, "'ref' is missing", "ref=NAME:TAG is where it is kept")
  end
  local ref = reference.parse(fields.ref)
  if what == "--cache-to" and ref.digest then usage(what, word, "a digest can't be written") end
  return { ref = fields.ref, mode = one_of(what, word, fields.mode, { min = "min", max = "max" }),
    compression = one_of(what, word, fields.compression, compressions),
    ignores_errors = one_of(what, word, fields["ignore-error"], { ["true"] = true,
      ["false"] = false }) }
end

local function each(words, what, names)
  local list = {}
  for i, word in ipairs(words) do list[i] = parse(word, what, names) end
  return list
end

function shared.from(words) return each(words, "--cache-from", known.from) end

function shared.to(words) return each(words, "--cache-to", known.to) end

return shared
