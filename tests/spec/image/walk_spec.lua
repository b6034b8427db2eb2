local json = require "lamina.core.json"
local walk = require "lamina.image.walk"

local config = json.encode { architecture = "arm", os = "linux",
  rootfs = { type = "layers", diff_ids = json.array {} } }

--- A descriptor of the document of that name; `platform` as { os, architecture, variant }.
local function of(name, platform)
  return { digest = name, platform = platform
    and { os = platform[1], architecture = platform[2], variant = platform[3] } }
end

local function index(...)
  return { kind = "index", manifests = { ... } }
end

--- Walks a document among others by name; other names are images, or signatures. Answers
-- "NAME PLATFORM" of each image, whether that is all, and what was read.
local function images(document, others)
  local read = {}
  local it = walk.new(function(one)
    read[#read + 1] = one.digest
    if others and others[one.digest] then return others[one.digest] end
    local image = not one.digest:find "signature" and { config = config, name = one.digest } or nil
    return { kind = "manifest" }, image
  end, function(why, ...) error("refused: " .. why:format(...), 0) end)
  local list, is_whole = it:images(document)
  for i, image in ipairs(list) do list[i] = image.name .. " " .. image.platform end
  return list, is_whole, read
end

describe("lamina.image.walk", function()
  it("takes the platform of the descriptor, or else of the configuration", function()
    assert.same({ "a linux/arm/v5", "b linux/arm/v7", "b linux/arm/v6" }, (images(index(
      of("a", { "linux", "arm", "v5" }), of "b", of("b", { "linux", "arm", "v6" })))))
  end)

  it("says whether an index is all images, however many are in the indexes in it", function()
    local _, is_whole = images(index(of "a", of "b"))
    assert.is_true(is_whole)
    local attestation = of("x", { "unknown", "unknown" })
    local nested = { nested = index(of "b", of "c") }
    for _, other in ipairs { of "nested", of "signature", attestation } do
      assert.is_false(select(2, images(index(of "a", other), nested)))
    end
    local list
    list, is_whole = images(index(of "a", attestation, of "nested"), nested)
    assert.same({ "a linux/arm/v7", "b linux/arm/v7", "c linux/arm/v7" }, list)
    assert.is_false(is_whole)
  end)

  it("reads each document once, however often it is named", function()
    local others, entries = { leaf = index(of "a") }, {}
    for level = 1, 2 do
      entries = {}
      for i = 1, 400 do entries[i] = of(level == 1 and "leaf" or "middle") end
      others.middle = others.middle or index(table.unpack(entries))
    end
    local list, _, read = images(index(table.unpack(entries)), others)
    assert.same({ "a linux/arm/v7" }, list)
    assert.same({ "middle", "leaf", "a" }, read)
  end)

  it("refuses more documents than anybody has, and indexes in indexes without end", function()
    local entries = {}
    for i = 1, walk.most + 1 do entries[i] = of("a" .. i) end
    assert.has_error(function() images(index(table.unpack(entries))) end,
      "refused: an index of more than 500 documents")
    local others = {}
    for i = 1, walk.deepest do others["i" .. i] = index(of("i" .. i + 1)) end
    assert.has_error(function() images(index(of "i1"), others) end,
      "refused: indexes nested deeper than 4")
    others["i" .. walk.deepest] = nil
    assert.equal(1, #images(index(of "i1"), others))
  end)
end)
