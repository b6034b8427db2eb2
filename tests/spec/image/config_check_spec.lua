local config_check = require "lamina.image.config_check"
local failure = require "lamina.util.failure"

local id = "sha256:" .. ("0"):rep(64)

local function text(members)
  return ('{%s"rootfs":{"type":"layers","diff_ids":["%s"]}}'):format(members or "", id)
end

local function refused(bytes)
  local ok, err = pcall(config_check.parse, bytes, "c")
  assert.is_false(ok, bytes)
  assert.is_true(failure.is(err), tostring(err))
  assert.matches("^c: ", err.message)
  return err.message
end

describe("lamina.image.config_check", function()
  it("takes what Docker, buildah and others write, null as absent", function()
    local whole = config_check.parse(text [["architecture":"amd64","os":"linux","author":null,
      "history":null,"created":"2024-01-01T00:00:00Z","config":{"Env":null,"Cmd":["a"],
      "Volumes":{"/v":{}},"ExposedPorts":{},"Labels":null,"Healthcheck":{"Test":["NONE"],
      "Interval":30000000000},"ArgsEscaped":true,"OnBuild":[],"Image":""},]])
    assert.is_nil(whole.history)
    assert.is_nil(whole.config.Env)
    assert.same({ "a" }, { table.unpack(whole.config.Cmd) })
    assert.is_true(whole.config.ArgsEscaped)
    assert.same({ id }, { table.unpack(whole.rootfs.diff_ids) })
    assert.is_nil(config_check.parse(text '"config":null,').config)
    assert.equal(0, #config_check.parse('{"rootfs":{"type":"layers","diff_ids":null}}')
      .rootfs.diff_ids)
  end)

  it("refuses members of another type than they are read as", function()
    for _, members in ipairs { '"os":5,', '"os":["linux"],', '"architecture":{},', '"created":0,',
      '"config":[],"config":{},', '"config":"x",', '"config":["x"],', '"history":{"a":1},',
      '"history":[5],', '"history":[{"created_by":5}],', '"history":[{"empty_layer":"yes"}],',
      '"config":{"User":0},', '"config":{"WorkingDir":[]},', '"config":{"Env":"A=b"},',
      '"config":{"Env":[5]},', '"config":{"Env":[null]},', '"config":{"Cmd":{"a":"b"}},',
      '"config":{"Entrypoint":"sh"},', '"config":{"Volumes":["/v"]},',
      '"config":{"ExposedPorts":{"80/tcp":1}},', '"config":{"Labels":{"a":5}},',
      '"config":{"StopSignal":9},', '"config":{"Healthcheck":"x"},',
      '"config":{"Healthcheck":{"Test":"x"}},', '"config":{"Healthcheck":{"Interval":"5s"}},' } do
      refused(text(members))
    end
  end)

  it("refuses a root file system that isn't made of layers", function()
    refused '{}'
    refused '{"rootfs":null}'
    refused '{"rootfs":{"type":"layers"}}'
    refused '{"rootfs":{"type":"layers","diff_ids":{"a":"b"}}}'
    refused '{"rootfs":{"type":"layers","diff_ids":["sha256:../../x"]}}'
    assert.matches("only 'layers' is known", refused '{"rootfs":{"type":"x","diff_ids":[]}}')
  end)

  it("refuses what is no object, keys that come twice, and zero bytes (JSON-01)", function()
    for _, bytes in ipairs { "", "null", "[]", "5", '"x"', "{", text '"os":"a","os":"b",',
      text '"os":"a\\u0000b",', text '"os":"\\ud800",', text():sub(1, -2), text() .. "x",
      "\xef\xbb\xbf" .. text(), text('"a":' .. ("["):rep(129) .. ("]"):rep(129) .. ","),
      text '"a":1e400,', text '"a":NaN,', text "'a':1,", text '"a":/**/1,' } do
      refused(bytes)
    end
    assert.matches("longer than the limit", refused(text('"a":"' .. ("x"):rep(8 << 20) .. '",')))
  end)
end)
