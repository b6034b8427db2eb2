--- Which image a text means: resolve(store, text, wanted, least), the platform or nil for this
-- machine's, and how many digits the beginning of an id has at least. Answers the image's row;
-- `index_id` in it is the index through which it was found, if any. Raises a failure "not-found" or
-- "ambiguous".
local check = require "lamina.util.check"
local descriptor = require "lamina.image.descriptor"
local failure = require "lamina.util.failure"
local reference = require "lamina.image.reference"

local function row(store, sql, ...)
  return failure.check(store.db:row(sql, ...))
end

local function by_id(store, id)
  return row(store, "select * from images where id = ?", id)
end

--- The image of an index that is for a platform, or for this machine.
local function of_index(store, id, wanted, text)
  local found = by_id(store, store.indexes:pick(id, wanted, text))
  if found then found.index_id = id end
  return found
end

--- The one that was got by the name of an index's digest, though the index wasn't.
local function got_by(store, name)
  return row(store, [[select images.* from digests join images on images.id = digests.image
    where name = ? order by stored desc]], name)
end

local function by_digest(store, of, wanted, text)
  return row(store, "select * from images where manifest = ?", of)
    or store.indexes:has(of) and of_index(store, of, wanted, text) or nil
end

local function by_name(store, text, wanted)
  local ok, ref = pcall(reference.parse, text)
  if not ok then return nil end
  if ref.digest then
    return by_digest(store, ref.digest, wanted, text) or got_by(store, reference.by_digest(ref))
  end
  local found = row(store, [[select images.*, names.index_id from names
    join images on images.id = names.image where name = ?]], reference.format(ref))
  if found and found.index_id then return of_index(store, found.index_id, wanted, text) end
  return found
end

local function by_prefix(store, text, wanted, least)
  local hex = text:gsub("^sha256:", ""):lower()
  if not hex:match("^%x+$") or #hex > 64 or #hex < least then return nil end
  local images = failure.check(store.db:rows("select * from images where id glob ? limit 2",
    "sha256:" .. hex .. "*"))
  local indexes = store.indexes:beginning(hex)
  if #images + #indexes > 1 then
    failure.raise("ambiguous", ("several images have an id that begins with '%s'"):format(hex))
  end
  if indexes[1] then return of_index(store, indexes[1].id, wanted, text) end
  return images[1]
end

local function not_found(store, text)
  local known, sibling = {}, nil
  for _, one in ipairs(failure.check(store.db:rows "select name from names")) do
    local ref = reference.parse(one.name)
    known[#known + 1] = reference.familiar(ref)
    local repository = reference.repository(ref)
    if ref.tag == "latest" then known[#known + 1] = repository end
    if repository == text then sibling = known[#known] end -- it has no tag "latest"
  end
  local near = sibling or check.suggest(text, known)
  failure.raise("not-found", ("no image '%s' in the store"):format(text), {
    hint = near and ("did you mean '%s'?"):format(near) or "`lamina images` lists what there is",
  })
end

--- A whole id or digest means that before anything else.
local function by_digits(store, text, wanted)
  if text:match("^%x+$") and #text == 64 then text = "sha256:" .. text end
  if not descriptor.is_digest(text) then return nil end
  return by_id(store, text) or by_digest(store, text, wanted, text)
end

return function(store, text, wanted, least)
  return by_digits(store, text, wanted) or by_name(store, text, wanted)
    or by_prefix(store, text, wanted, least) or not_found(store, text)
end
