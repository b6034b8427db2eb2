local failure = require "lamina.util.failure"
local reference = require "lamina.image.reference"

local digest = "sha256:" .. ("0123456789abcdef"):rep(4)
local longest = ("a"):rep(255 - #"library/")

-- What is written, its whole form, its familiar form (REG-09).
local good = {
  { "debian", "docker.io/library/debian:latest", "debian:latest" },
  { "debian:bookworm", "docker.io/library/debian:bookworm", "debian:bookworm" },
  { "bombo/debian:git01", "docker.io/bombo/debian:git01", "bombo/debian:git01" },
  { "docker.io/debian", "docker.io/library/debian:latest", "debian:latest" },
  { "docker.io/library/debian", "docker.io/library/debian:latest", "debian:latest" },
  { "docker.io/a/b", "docker.io/a/b:latest", "a/b:latest" },
  { "localhost/a", "localhost/a:latest", "localhost/a:latest" },
  { "localhost:5000/a/b:c", "localhost:5000/a/b:c", "localhost:5000/a/b:c" },
  { "localhost:5000/a/b:c@" .. digest, "localhost:5000/a/b:c@" .. digest,
    "localhost:5000/a/b:c@" .. digest },
  { "debian@" .. digest, "docker.io/library/debian@" .. digest, "debian@" .. digest },
  { "debian:v1@" .. digest, "docker.io/library/debian:v1@" .. digest, "debian:v1@" .. digest },
  { "registry.example.org/x", "registry.example.org/x:latest", "registry.example.org/x:latest" },
  { "Registry.Example.Org/x", "Registry.Example.Org/x:latest", "Registry.Example.Org/x:latest" },
  { "127.0.0.1:80/x", "127.0.0.1:80/x:latest", "127.0.0.1:80/x:latest" },
  { "[::1]:5000/x", "[::1]:5000/x:latest", "[::1]:5000/x:latest" },
  { "[2001:db8::1]/x", "[2001:db8::1]/x:latest", "[2001:db8::1]/x:latest" },
  { "host:65535/x", "host:65535/x:latest", "host:65535/x:latest" },
  { "a.b/c", "a.b/c:latest", "a.b/c:latest" },
  { "a-b/c", "docker.io/a-b/c:latest", "a-b/c:latest" },
  { "a.b", "docker.io/library/a.b:latest", "a.b:latest" },
  { "a_b", "docker.io/library/a_b:latest", "a_b:latest" },
  { "a__b", "docker.io/library/a__b:latest", "a__b:latest" },
  { "a---b", "docker.io/library/a---b:latest", "a---b:latest" },
  { "0", "docker.io/library/0:latest", "0:latest" },
  { "x:_", "docker.io/library/x:_", "x:_" },
  { "x:A.b-C_d", "docker.io/library/x:A.b-C_d", "x:A.b-C_d" },
  { "x:5000", "docker.io/library/x:5000", "x:5000" },
  { "a/b/c/d/e", "docker.io/a/b/c/d/e:latest", "a/b/c/d/e:latest" },
  { "x:" .. ("t"):rep(128), "docker.io/library/x:" .. ("t"):rep(128), "x:" .. ("t"):rep(128) },
  { longest, "docker.io/library/" .. longest .. ":latest", longest .. ":latest" },
  { ("a"):rep(63), "docker.io/library/" .. ("a"):rep(63) .. ":latest",
    ("a"):rep(63) .. ":latest" },
}

local bad = {
  "", " ", "A", "debian:", ":tag", "debian:-x", "debian:.x", "debian:a b", "debian:ä",
  "x:" .. ("t"):rep(129), "/debian", "debian/", "a//b", "a/./b", "../b", "a/../b", ".", "..",
  "a..b", "a___b", "-a", "a-", "_a", "a_", ".a", "a.", "a._b", "Foo/bar", "localhost:5000/A",
  "host:99999/x", "host:0/x", "host:100000/x", "host:/x", "host:a/x", "-host.x/y", "host-.x/y",
  "a..b/x", "[::1/x", "[zz::1]/x", "x@", "x@sha256:", "x@sha256:00", "x@sha256:" .. ("g"):rep(64),
  "x@sha256:" .. ("A"):rep(64), "x@md5:" .. ("0"):rep(32), "x@" .. digest .. "0", "@" .. digest,
  "x@" .. digest .. "@" .. digest, ("a"):rep(64), ("0"):rep(64), longest .. "a", "a\nb", "a\0b",
  "a b", "http://x/y", "x:t:u", "x/y:t/z", "a+b", "debian\27[2J",
}

describe("lamina.image.reference", function()
  it("reads names and writes them whole and as people do (SEMANTICS 97, REG-09)", function()
    for _, case in ipairs(good) do
      local ok, ref = pcall(reference.parse, case[1])
      assert.is_true(ok, case[1] .. ": " .. tostring(ref))
      assert.equal(case[2], reference.format(ref))
      assert.equal(case[3], reference.familiar(ref))
    end
  end)

  it("reads what it has written as the same name", function()
    for _, case in ipairs(good) do
      local ref = reference.parse(case[1])
      assert.same(ref, reference.parse(reference.format(ref)))
      if #case[1] ~= 64 then assert.same(ref, reference.parse(reference.familiar(ref))) end
    end
  end)

  it("refuses what is no name (REG-09)", function()
    for _, text in ipairs(bad) do
      local ok, err = pcall(reference.parse, text)
      assert.is_false(ok, text)
      assert.is_true(failure.is(err, "invalid-reference"), tostring(err))
      assert.equal(1, err.status)
      assert.is_string(err.hint)
    end
  end)

  it("shortens no name that would be read as another one", function()
    for text, familiar in pairs { ["docker.io/library/a/b"] = "library/a/b:latest",
      ["docker.io/a.b/c"] = "docker.io/a.b/c:latest", ["library/debian"] = "debian:latest",
      ["docker.io/localhost/x"] = "docker.io/localhost/x:latest",
      ["index.docker.io/debian"] = "debian:latest", ["index.docker.io/a/b"] = "a/b:latest",
      ["docker.io/library/" .. ("a"):rep(64)] = "library/" .. ("a"):rep(64) .. ":latest" } do
      local ref = reference.parse(text)
      assert.equal(familiar, reference.familiar(ref))
      assert.same(ref, reference.parse(familiar))
    end
  end)

  it("gives the repository without tag and digest", function()
    assert.equal("debian", reference.repository(reference.parse("debian:x")))
    assert.equal("a/b", reference.repository(reference.parse("docker.io/a/b@" .. digest)))
    assert.equal("localhost:5000/a", reference.repository(reference.parse("localhost:5000/a:x")))
  end)

  it("doesn't take a digest for a name that is given", function()
    assert.equal("docker.io/library/x:latest", reference.target("x"))
    local ok, err = pcall(reference.target, "x:y@" .. digest)
    assert.is_false(ok)
    assert.matches("a digest can't be given, only a tag", tostring(err), 1, true)
  end)
end)
