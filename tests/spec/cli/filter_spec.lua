local failure = require "lamina.util.failure"
local filter = require "lamina.cli.filter"

local function refused(fn, ...)
  local ok, err = pcall(fn, ...)
  assert.is_false(ok)
  assert.is_true(failure.is(err, "usage"), tostring(err))
  return tostring(err), err.hint
end

describe("lamina.cli.filter", function()
  it("sorts the words by their keys", function()
    assert.same({ label = { "a=b", "c" }, name = { "" } },
      filter.parse("ps", { "label=a=b", "name=", "label=c" }, { "label", "name" }))
    assert.same({}, filter.parse("ps", {}, { "label" }))
  end)

  it("refuses what is no filter", function()
    assert.equal("ps: a filter is KEY=VALUE, not 'label'",
      (refused(filter.parse, "ps", { "label" }, { "label" })))
    local message, hint = refused(filter.parse, "ps", { "lable=x" }, { "label", "name" })
    assert.equal("ps: unknown filter 'lable'", message)
    assert.equal("did you mean 'label'?", hint)
    local _, all = refused(filter.parse, "ps", { "colour=x" }, { "label", "name" })
    assert.equal("filters are label, name", all)
  end)

  it("looks for labels by key, or by key and value", function()
    local labels = { a = "1", b = "" }
    assert.is_true(filter.has_labels(labels, { "a", "a=1", "b", "b=" }))
    assert.is_false(filter.has_labels(labels, { "a=2" }))
    assert.is_false(filter.has_labels(labels, { "c" }))
    assert.is_false(filter.has_labels(nil, { "a" }))
    assert.is_true(filter.has_labels(nil, {}))
  end)

  it("checks values", function()
    assert.is_true(filter.boolean("images", "dangling", "true"))
    assert.is_false(filter.boolean("images", "dangling", "0"))
    assert.equal("images: filter 'dangling' is true or false, not 'perhaps'",
      (refused(filter.boolean, "images", "dangling", "perhaps")))
    assert.equal("exited", filter.choice("ps", "status", "exited", { "exited" }))
    assert.equal("ps: filter 'status' is exited, running, not 'x'",
      (refused(filter.choice, "ps", "status", "x", { "exited", "running" })))
  end)

  it("reads points in time, and how long ago they are", function()
    local function time(...) return filter.time("prune", "until", { ... }) end
    assert.is_nil(filter.time("prune", "until", nil))
    assert.equal(1704207845, time "2024-01-02T15:04:05Z")
    assert.equal(1704153600, time("24h", "2024-01-02"))
    local ago = os.time() - time "1h"
    assert.is_true(ago >= 3600 and ago < 3610)
    local message, hint = refused(time, "yesterday")
    assert.equal("prune: filter 'until' is a duration or a time, not 'yesterday'", message)
    assert.equal("until=24h, until=2024-01-02 or until=2024-01-02T15:04:05Z", hint)
  end)
end)
