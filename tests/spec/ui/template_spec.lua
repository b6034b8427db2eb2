local failure = require "lamina.util.failure"
local json = require "lamina.core.json"
local template = require "lamina.ui.template"

local row = {
  ID = "abc", Tag = "v1", Size = 12, Nothing = json.null, Cmd = json.array { "sh", "-c" },
  Labels = { ["org.kind"] = "test", b = "2" }, Empty = json.array {}, On = true, Off = false,
  Mounts = json.array { { Source = "/a", RW = true }, { Source = "/b", RW = false } },
  Config = { Env = json.array { "A=1" } }, Evil = "a\27[31m\nb", C1 = "x\u{9b}31m\u{202e}\127",
}

local function render(source)
  return template.render(template.parse(source), row)
end

local function refused(source)
  local ok, err = pcall(render, source)
  assert.is_false(ok, source)
  assert.is_true(failure.is(err, "usage"), source .. ": " .. tostring(err))
  return err
end

--- Each template beside what Go makes of it.
local function check(cases)
  for source, expected in pairs(cases) do assert.equal(expected, render(source), source) end
end

describe("lamina.ui.template", function()
  it("puts in fields", function()
    check { ["{{.ID}}:{{ .Tag }}"] = "abc:v1", ["{{.Size}}"] = "12", ["plain"] = "plain",
      [""] = "", ["{{.Config.Env}}"] = "[A=1]", ["{{.Config.None}}"] = "<no value>",
      ["{{.Nothing}}"] = "<no value>", ["{{.Labels}}"] = "map[b:2 org.kind:test]",
      ["{{.Empty}}"] = "[]", ["{{.On}} {{.Off}}"] = "true false", ["{{$.ID}}"] = "abc" }
  end)

  it("knows tabs and new lines in its own text", function()
    check { ["a\\t{{.ID}}\\n"] = "a\tabc\n", ["\\\\"] = "\\", ['{{"\\n"}}'] = "\n",
      ["{{`a}}b`}}"] = "a}}b", ['{{"a\\"b"}}'] = 'a"b' }
  end)

  it("calls functions, also on what is piped in", function()
    check { ["{{json .Cmd}}"] = '["sh","-c"]', ["{{.Cmd | json}}"] = '["sh","-c"]',
      ["{{json .Nothing}}"] = "null", ['{{join .Cmd " "}}'] = "sh -c",
      ['{{index .Labels "org.kind"}}'] = "test", ["{{index .Cmd 1}}"] = "-c",
      ["{{len .Cmd}} {{len .Labels}} {{len .ID}}"] = "2 2 3", ["{{upper .ID}}"] = "ABC",
      ["{{.ID | upper | lower}}"] = "abc", ["{{len (index .Cmd 0)}}"] = "2",
      ['{{index (split .Tag "v") 1}}'] = "1", ["{{print .ID .Size}}"] = "abc 12",
      ['{{printf "%-5s|%d|%q" .ID .Size .Tag}}'] = 'abc  |12|"v1"', ["{{println .ID}}"] = "abc\n",
      ['{{printf "%d%%" .Size}}'] = "12%" }
  end)

  it("repeats for each item of a list or map", function()
    check { ["{{range .Cmd}}<{{.}}>{{end}}"] = "<sh><-c>",
      ["{{range $i, $c := .Cmd}}{{$i}}={{$c}} {{end}}"] = "0=sh 1=-c ",
      ["{{range $k, $v := .Labels}}{{$k}}={{$v}};{{end}}"] = "b=2;org.kind=test;",
      ["{{range .Empty}}x{{else}}none{{end}}"] = "none", ["{{range .Nothing}}x{{end}}"] = "",
      ["{{range .Mounts}}{{.Source}}{{if .RW}}:rw{{else}}:ro{{end}} {{end}}"] = "/a:rw /b:ro ",
      ["{{range .Cmd}}{{$.ID}}{{end}}"] = "abcabc" }
  end)

  it("chooses", function()
    check { ["{{if .On}}yes{{end}}"] = "yes", ["{{if .Off}}yes{{else}}no{{end}}"] = "no",
      ["{{if .Empty}}a{{else if .Nothing}}b{{else}}c{{end}}!"] = "c!",
      ['{{if eq .Tag "v0" "v1"}}same{{end}}'] = "same", ['{{if ne .Tag "v1"}}x{{end}}'] = "",
      ["{{if and .On (not .Off)}}both{{end}}"] = "both", ["{{if or .Off .Nothing}}x{{end}}"] = "",
      ["{{if gt .Size 11}}big{{end}}{{if lt .Size 11}}small{{end}}"] = "big",
      ['{{lt .ID "abd"}} {{gt .ID "abd"}}'] = "true false",
      ["{{with .Config}}{{.Env}}{{end}}"] = "[A=1]", ["{{with .Nothing}}x{{else}}{{.ID}}{{end}}"]
      = "abc", ["{{with $x := .Tag}}{{$x}}{{end}}"] = "v1", ["{{$y := .ID}}{{$y}}"] = "abc" }
  end)

  it("takes blanks and comments away", function()
    check { ["a  {{- .ID -}}  b"] = "aabcb", ["a {{/* no */}}b"] = "a b",
      ["{{range .Cmd -}} {{.}} {{- end}}"] = "sh-c" }
  end)

  it("escapes what it puts in, however it gets there (SEC-02, LUA-09)", function()
    for _, source in ipairs { "{{.Evil}}", "{{print .Evil}}", '{{printf "%s" .Evil}}',
      "{{upper .Evil}}", "{{range (split .Evil \"|\")}}{{.}}{{end}}", "{{with .Evil}}{{.}}{{end}}",
      '{{join (split .Evil "|") ""}}', "{{json .Evil}}", '{{printf "%q" .Evil}}' } do
      assert.is_nil(render(source):find("[%c]"), source)
    end
    assert.equal("a\\x1b[31m\\nb\n", render "{{println .Evil}}")
  end)

  it("writes JSON that is JSON and that a terminal doesn't act on (SEC-02)", function()
    for _, source in ipairs { "{{json .C1}}", '{{printf "%q" .C1}}', "{{.C1 | json | print}}" } do
      assert.equal('"x\\u009B31m\\u202E\\u007F"', render(source))
    end
  end)

  it("says which field or function was meant", function()
    local err = refused "{{.Idd}}"
    assert.equal("--format: there is no field '.Idd'", tostring(err))
    assert.equal("did you mean '.ID'?", refused("{{.IDx}}").hint)
    assert.matches("'frob' isn't understood", tostring(refused "{{frob .ID}}"), 1, true)
    assert.matches("index, join, json", refused("{{frob}}").hint, 1, true)
    assert.matches("no variable '$z'", tostring(refused "{{$z}}"), 1, true)
  end)

  it("refuses what is malformed", function()
    for _, source in ipairs { "{{.ID", "{{}}", "{{.ID |}}", "{{| json}}", '{{"a}}', "{{if .ID}}",
      "{{end}}", "{{else}}", "{{range}}{{end}}", "{{(.ID}}", "{{.ID .Tag}}", "{{.ID)}}",
      "{{json}}", "{{.ID | .Tag}}", '{{printf "%x" .ID}}', "{{if .ID}}{{else x}}{{end}}",
      "{{len .Size}}", '{{split .ID ""}}', "{{`a}}", "{{lt .On .Off}}", "{{gt .Cmd .Cmd}}",
      "{{lt .ID 1}}", "{{gt .Nothing 1}}", "{{join .Cmd true}}", "{{join .Cmd .Config}}",
      "{{join .Cmd .Nothing}}", "{{split .ID true}}", "{{split .ID}}", '{{printf "%1-s" .ID}}',
      '{{printf "%05s" .ID}}' } do
      refused(source)
    end
  end)
end)
