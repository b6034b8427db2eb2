--- Content descriptors: media type, digest and size of a blob (OCI image specification).
local failure = require "lamina.util.failure"

local descriptor = {}

--- Whether a text is a digest we know: "sha256:" and 64 lower-case hex digits. Digests become
-- paths, so nothing else passes.
function descriptor.is_digest(text)
  return type(text) == "string" and #text == 71 and text:match("^sha256:[0-9a-f]+$") ~= nil
end

--- The hex digits of a digest; raises a failure for what is none.
function descriptor.hex(digest)
  if descriptor.is_digest(digest) then return digest:sub(8) end
  failure.raise("invalid-input", ("'%s' is no sha256 digest"):format(tostring(digest):sub(1, 100)))
end

function descriptor.new(media_type, digest, size)
  return { mediaType = media_type, digest = digest, size = size }
end

--- Whether it isn't there, or is an object whose members are strings.
function descriptor.is_text_map(value)
  if value == nil then return true end
  if type(value) ~= "table" then return false end
  for key, item in pairs(value) do
    if type(key) ~= "string" or type(item) ~= "string" then return false end
  end
  return true
end

local function is_platform(value)
  return value == nil or (type(value) == "table" and type(value.os) == "string"
    and type(value.architecture) == "string"
    and (value.variant == nil or type(value.variant) == "string"))
end

--- Checks one that came from outside; `what` names it in the failure.
function descriptor.check(value, what)
  local fine = type(value) == "table" and descriptor.is_digest(value.digest)
    and math.type(value.size) == "integer" and value.size >= 0
    and type(value.mediaType) == "string"
  if not fine then
    failure.raise("invalid-input", what .. ": a descriptor (mediaType, digest, size) expected")
  end
  if not descriptor.is_text_map(value.annotations) then
    failure.raise("invalid-input", what .. ": annotations are strings")
  end
  if is_platform(value.platform) then return value end
  failure.raise("invalid-input", what .. ": a platform (os, architecture) expected")
end

return descriptor
