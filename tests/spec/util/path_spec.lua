local path = require "lamina.util.path"

describe("lamina.util.path", function()
  it("cleans as Go does", function()
    local cases = {
      [""] = ".", ["abc"] = "abc", ["abc/def"] = "abc/def", ["."] = ".", [".."] = "..",
      ["../.."] = "../..", ["../../abc"] = "../../abc", ["/abc"] = "/abc", ["/"] = "/",
      ["abc/"] = "abc", ["/abc/"] = "/abc", ["../"] = "..", ["abc//def//ghi"] = "abc/def/ghi",
      ["//abc"] = "/abc", ["///"] = "/", ["abc/./def"] = "abc/def", ["/./abc/def"] = "/abc/def",
      ["abc/.."] = ".", ["abc/def/ghi/../jkl"] = "abc/def/jkl", ["abc/def/../../.."] = "..",
      ["/abc/def/../../.."] = "/", ["abc/def/../../../ghi/jkl/../../../mno"] = "../../mno",
      ["abc/./../def"] = "def", ["abc/../../././../def"] = "../../def", ["..a/b"] = "..a/b",
    }
    for given, expected in pairs(cases) do assert.equal(expected, path.clean(given), given) end
  end)

  it("joins the parts that aren't empty", function()
    assert.equal("a/b", path.join("a", "", "b"))
    assert.equal("b", path.join("a", "../b"))
    assert.equal("/a/b", path.join("/", "a/", "/b"))
    assert.equal("", path.join("", ""))
  end)

  it("splits off the last element", function()
    assert.same({ "a/b/", "c" }, { path.split("a/b/c") })
    assert.same({ "", "c" }, { path.split("c") })
    assert.same({ "/", "" }, { path.split("/") })
  end)

  it("names folder and last element", function()
    assert.equal("/a", path.dirname("/a/b"))
    assert.equal("/a/b", path.dirname("/a/b/"))
    assert.equal(".", path.dirname("a"))
    assert.equal("b", path.basename("/a/b//"))
    assert.equal("/", path.basename("/"))
    assert.equal(".", path.basename(""))
  end)
end)
