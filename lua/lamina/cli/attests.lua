--- The values of --provenance, --sbom and --attest, as buildx has them.
--
--   --provenance, --provenance=mode=max,builder-id=URI, --provenance=false
--   --sbom, --sbom=false
--   --attest type=provenance,mode=max  --attest type=sbom,disabled=true
local check = require "lamina.util.check"
local csv = require "lamina.cli.csv"
local failure = require "lamina.util.failure"

local attests = {}

local known = { provenance = { "builder-id", "disabled", "mode" }, sbom = { "disabled" } }

local function complainer(option, word)
  return function(message, hint)
    failure.raise("usage", ("%s '%s': %s"):format(option, word, message), { hint = hint })
  end
end

local function check_key(kind, key, complain)
  for _, name in ipairs(known[kind]) do
    if name == key then return end
  end
  complain(("unknown key '%s'"):format(key), check.hint(key, known[kind]))
end

--- What a kind is to have: nil where nothing is to be said.
local function settings(kind, fields, complain)
  for key in pairs(fields) do check_key(kind, key, complain) end
  local disabled = check.booleans[fields.disabled or "false"]
  if disabled == nil then complain("'disabled' is true or false") end
  local mode = fields.mode or "min"
  if mode ~= "min" and mode ~= "max" then
    complain(("unknown mode '%s'"):format(mode), "it is max or min")
  end
  if disabled then return nil end
  return { mode = mode, builder_id = fields["builder-id"] }
end

local function parse_short(kind, word)
  if not word then return nil end
  local complain = complainer("--" .. kind, word)
  local is_asked = check.booleans[word]
  if is_asked ~= nil then return is_asked and settings(kind, {}, complain) or nil end
  return settings(kind, csv.pairs(csv.fields(word, "--" .. kind), complain), complain)
end

local function parse_long(into, word)
  local complain = complainer("--attest", word)
  local fields = csv.pairs(csv.fields(word, "--attest"), complain)
  local kind = fields.type
  if not known[kind] then
    complain(kind and ("unknown type '%s'"):format(kind) or "'type' is missing",
      "it is provenance or sbom")
  end
  fields.type = nil
  into[kind] = settings(kind, fields, complain)
end

--- { provenance = { mode =, builder_id = }, sbom = { … } } for the options; what isn't asked for is
-- nil. The short options say more than --attest.
function attests.parse(options)
  local found = {}
  for _, word in ipairs(options.attest) do parse_long(found, word) end
  for kind in pairs(known) do
    if options[kind] then found[kind] = parse_short(kind, options[kind]) end
  end
  return found
end

return attests
