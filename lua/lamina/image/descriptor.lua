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

--- Checks one that came from outside; `what` names it in the failure.
function descriptor.check(value, what)
  local fine = type(value) == "table" and descriptor.is_digest(value.digest)
    and math.type(value.size) == "integer" and value.size >= 0
    and type(value.mediaType) == "string"
  if fine then return value end
  failure.raise("invalid-input", what .. ": a descriptor (mediaType, digest, size) expected")
end

return descriptor
