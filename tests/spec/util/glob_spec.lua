local glob = require "lamina.util.glob"

describe("lamina.util.glob", function()
  it("matches as Go's filepath.Match", function()
    local cases = {
      { "abc", "abc", true }, { "*", "abc", true }, { "*c", "abc", true }, { "a*", "a", true },
      { "a*", "abc", true }, { "a*", "ab/c", false }, { "a*/b", "abc/b", true },
      { "a*/b", "a/c/b", false }, { "a*b*c*d*e*/f", "axbxcxdxe/f", true },
      { "a*b*c*d*e*/f", "axbxcxdxexxx/fff", false }, { "a*b?c*x", "abxbbxdbxebxczzx", true },
      { "a*b?c*x", "abxbbxdbxebxczzy", false }, { "ab[c]", "abc", true },
      { "ab[b-d]", "abc", true }, { "ab[e-g]", "abc", false }, { "ab[^c]", "abc", false },
      { "ab[^b-d]", "abc", false }, { "ab[^e-g]", "abc", true }, { "a\\*b", "a*b", true },
      { "a\\*b", "ab", false }, { "a?b", "a☺b", true }, { "a[^a]b", "a☺b", true },
      { "a???b", "a☺b", false }, { "[a-ζ]*", "α", true }, { "*[a-ζ]", "A", false },
      { "a?b", "a/b", false }, { "a*b", "a/b", false }, { "[\\]a]", "]", true },
      { "[\\-]", "-", true }, { "[x\\-]", "x", true }, { "[x\\-]", "z", false },
      { "*x", "xxx", true }, { "", "", true }, { "", "a", false }, { "**", "ab", true },
    }
    for _, case in ipairs(cases) do
      assert.equal(case[3], glob.match(case[1], case[2]), case[1] .. " on " .. case[2])
    end
  end)

  it("says that a pattern is bad, whatever the name", function()
    for _, pattern in ipairs { "[]a]", "[-]", "[x-]", "[-x]", "[a-b-c]", "[", "[^", "[^bc", "a[",
      "a\\", "[\xff]", "a[b" } do
      for _, name in ipairs { "", "a", "ab", "zzz" } do
        local matched, err = glob.match(pattern, name)
        assert.is_nil(matched, pattern)
        assert.equal("bad pattern", err)
      end
    end
  end)

  it("takes bytes that aren't UTF-8 as characters of their own", function()
    assert.is_true(glob.match("a?b", "a\xffb"))
    assert.is_true(glob.match("a*b", "a\xff\xfeb"))
  end)

  it("takes no time for many stars (DF-06)", function()
    assert.is_false(glob.match(("*a"):rep(2000) .. "b", ("a"):rep(4000)))
  end)

  it("sees wildcards", function()
    for _, p in ipairs { "*", "a?", "[a]", "\\a" } do assert.is_true(glob.has_wildcard(p)) end
    assert.is_false(glob.has_wildcard("a/b.c-d]"))
  end)
end)
