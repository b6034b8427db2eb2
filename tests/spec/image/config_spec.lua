local config = require "lamina.image.config"
local json = require "lamina.core.json"

describe("lamina.image.config", function()
  it("sets a variable in place, and a new one at the end (SEMANTICS 29)", function()
    local list = { "A=1", "B=2", "AB=3" }
    config.env_set(list, "A", "x")
    config.env_set(list, "C", "a=b")
    assert.same({ "A=x", "B=2", "AB=3", "C=a=b" }, list)
    assert.equal("a=b", config.env_get(list, "C"))
    assert.is_nil(config.env_get(list, "D"))
    assert.is_nil(config.env_get(nil, "A"))
  end)

  it("writes empty lists as lists, empty maps as maps, keys sorted", function()
    local whole = config.new { os = "linux", architecture = "arm", variant = "v7" }
    whole.config = { Env = {}, Cmd = {}, ExposedPorts = { ["80/tcp"] = {} }, Labels = {} }
    assert.equal('{"architecture":"arm","config":{"Cmd":[],"Env":[],"ExposedPorts":{"80/tcp":{}},'
      .. '"Labels":{}},"history":[],"os":"linux","rootfs":{"diff_ids":[],"type":"layers"},'
      .. '"variant":"v7"}', config.encode(whole))
  end)

  it("keeps members it doesn't know, and null where it was written", function()
    local bytes = '{"a":[],"b":null,"c":{"d":{}},"history":null,"rootfs":{"diff_ids":[]}}'
    assert.equal(bytes, config.encode(assert(json.decode(bytes))))
  end)

  it("copies deeply", function()
    local whole = { a = json.array { { b = 1 } }, n = json.null }
    local copy = config.clone(whole)
    copy.a[1].b = 2
    assert.equal(1, whole.a[1].b)
    assert.equal(json.null, copy.n)
    assert.is_true(json.is_array(copy.a))
  end)

  it("merges a container's configuration over its image's (SEMANTICS 92)", function()
    local image = { Env = { "A=1", "B=2" }, Cmd = { "sh" }, Labels = { a = "1", b = "1" },
      Volumes = { ["/v"] = {} }, User = "u", WorkingDir = "/w", StopSignal = "SIGINT",
      Healthcheck = { Test = { "CMD", "x" }, Interval = 5, Retries = 3 } }
    local all = config.merge({ Env = { "B=x", "C=3" }, Labels = { b = "2" }, User = "",
      ExposedPorts = { ["80/tcp"] = {} }, Healthcheck = { Interval = 7, Retries = 0 } }, image)
    assert.same({ "B=x", "C=3", "A=1" }, all.Env)
    assert.same({ a = "1", b = "2" }, all.Labels)
    assert.same({ ["/v"] = {} }, all.Volumes)
    assert.same({ ["80/tcp"] = {} }, all.ExposedPorts)
    assert.same({ "sh" }, all.Cmd)
    assert.equal("u", all.User)
    assert.equal("/w", all.WorkingDir)
    assert.equal("SIGINT", all.StopSignal)
    assert.same({ Test = { "CMD", "x" }, Interval = 7, Retries = 3 }, all.Healthcheck)
  end)

  it("takes Cmd from the image only where neither it nor Entrypoint was given", function()
    local image = { Cmd = { "c" }, Entrypoint = { "e" } }
    assert.same({ "c" }, config.merge({}, image).Cmd)
    assert.same({ "x" }, config.merge({ Cmd = { "x" } }, image).Cmd)
    assert.same({ "e" }, config.merge({ Cmd = { "x" } }, image).Entrypoint)
    assert.is_nil(config.merge({ Entrypoint = { "y" } }, image).Cmd)
    assert.same({ "y" }, config.merge({ Entrypoint = { "y" } }, image).Entrypoint)
  end)
end)

describe("json.null", function()
  it("can't be changed, since everybody has the same one", function()
    assert.has_error(function() json.null.a = 1 end, "json.null can't be changed")
    assert.has_error(function() json.array(json.null) end)
  end)
end)
