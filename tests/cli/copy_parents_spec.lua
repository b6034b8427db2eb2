-- What copy and add do with `parents` (SEMANTICS 48, 51, 59): which part of a path is kept, and
-- what patterns leave out; as a recipe and as a Dockerfile.
local helper = require "support.helper"

local context = [[
  mkdir -p d/sub d/other e/sub assets/testapp assets/web/app; umask 022
  echo a >d/a.md; echo b >d/sub/b.txt; echo c >d/sub/c.md; echo o >d/other/o.txt
  echo e >e/sub/c.md; echo f >file; chmod 750 d; chmod 700 d/sub
  for p in testapp web web/app; do echo $p >assets/$p/icons.svg; echo n >assets/$p/no.svg; done
  ln -s d link]]

-- Words of COPY and the same in a recipe, and what is copied: directories with their modes.
local cases = {
  { "keeps what is behind the pivot, and makes the directories there only",
    "--parents d/./sub/c.md", '"d/./sub/c.md"', "x/ 755, x/sub/ 700, x/sub/c.md" },
  { "cuts at the first pivot", "--parents ./d/./sub/./c.md", '"./d/./sub/./c.md"',
    "x/ 755, x/sub/ 700, x/sub/c.md" },
  { "takes a leading dot for no pivot", "--parents ./d/sub/c.md", '"./d/sub/c.md"',
    "x/ 755, x/d/ 750, x/d/sub/ 700, x/d/sub/c.md" },
  { "takes wildcards behind the pivot", "--parents d/./*/*.txt", '"d/./*/*.txt"',
    "x/ 755, x/other/ 755, x/other/o.txt, x/sub/ 700, x/sub/b.txt" },
  { "takes wildcards before the pivot, wherever they are directories", "--parents ?*/./sub/c.*",
    '"?*/./sub/c.*"', "x/ 755, x/sub/ 700, x/sub/c.md" },
  { "may miss a path behind a wildcard", "--parents [de]/./other/o.txt",
    '"[de]/./other/o.txt"', "x/ 755, x/other/ 755, x/other/o.txt" },
  { "follows the pivot's own link", "--parents link/./sub/c.md", '"link/./sub/c.md"',
    "x/ 755, x/sub/ 700, x/sub/c.md" },
  { "matches exclusions from the root of the context", "--parents --exclude=d/sub/c.md d",
    '"d"; "d/sub/c.md"',
    "x/ 755, x/d/ 750, x/d/a.md, x/d/other/ 755, x/d/other/o.txt, x/d/sub/ 700, x/d/sub/b.txt" },
  { "matches none from the source", "--parents --exclude=sub --exclude=a.md d/a.md d/sub",
    '"d/a.md", "d/sub"; "sub", "a.md"',
    "x/ 755, x/d/ 750, x/d/a.md, x/d/sub/ 700, x/d/sub/b.txt, x/d/sub/c.md" },
  { "matches them from the pivot", "--parents --exclude=testapp assets/./**/icons*",
    '"assets/./**/icons*"; "testapp"',
    "x/ 755, x/web/ 755, x/web/app/ 755, x/web/app/icons.svg, x/web/icons.svg" },
  { "leaves out what is matched by wildcards",
    "--parents --exclude=assets/testapp assets/**/icons*", '"assets/**/icons*"; "assets/testapp"',
    "x/ 755, x/assets/ 755, x/assets/web/ 755, x/assets/web/app/ 755, x/assets/web/app/icons.svg, "
      .. "x/assets/web/icons.svg" },
  { "leaves out a source, too, and makes nothing on its way",
    "--parents --exclude=d/sub file d/sub d/sub/c.md", '"file", "d/sub", "d/sub/c.md"; "d/sub"',
    "x/ 755, x/file" },
  { "goes into a source that is left out for what is taken back",
    "--parents --exclude=d --exclude=!d/sub/c.md d", '"d"; "d", "!d/sub/c.md"',
    "x/ 755, x/d/ 750, x/d/sub/ 700, x/d/sub/c.md" },
  { "makes no source that nothing is taken back in",
    "--parents --exclude=** --exclude=!file file d", '"file", "d"; "**", "!file"',
    "x/ 755, x/file" },
  { "knows a link by its own name", "--parents --exclude=link/sub --exclude=d/other link",
    '"link"; "link/sub", "d/other"',
    "x/ 755, x/link/ 750, x/link/a.md, x/link/other/ 755, x/link/other/o.txt" },
}

describe("copy with parents", function()
  local run, dir

  --- What a script prints that runs in the context; the build's result lies in ../out.
  local function files(script)
    local status, out, err = helper.sh(("set -e; cd %s/c\n%s"):format(dir, script))
    assert.equal(0, status, err)
    return out
  end

  setup(function()
    run, dir = helper.store(), helper.tmpdir()
    helper.sh("mkdir " .. dir .. "/c")
    files(context)
  end)
  teardown(helper.cleanup)

  local function try(name)
    return run("build", "--progress=plain", "-o", "type=local,dest=" .. dir .. "/out", "-f",
      dir .. "/" .. name, dir .. "/c")
  end

  --- What a build gives, and whether its copy was cached.
  local function build(name)
    files "rm -rf ../out"
    local status, _, err = try(name)
    assert.equal(0, status, err)
    local out = files [[cd ../out
      find x -type d -printf '%p/ %m\n' -o -printf '%p\n' | LC_ALL=C sort]]
    return out:gsub("\n$", ""):gsub("\n", ", "), err:find("CACHED", 1, true) ~= nil
  end

  local function dockerfile(words)
    helper.write(dir .. "/Dockerfile", ("FROM scratch\nCOPY %s /x/\n"):format(words))
    return build "Dockerfile"
  end

  local function recipe(paths, method)
    local sources, exclude = paths:match("^(.-); (.*)$")
    helper.write(dir .. "/recipe.lua", ('return from "scratch":%s({ %s }, "/x/", { parents = true, '
      .. 'exclude = { %s } })'):format(method or "copy", sources or paths, exclude or ""))
    return build "recipe.lua"
  end

  for _, case in ipairs(cases) do
    it(case[1], function()
      assert.equal(case[4], (dockerfile(case[2])))
      assert.same({ case[4], true }, { recipe(case[3]) })
      assert.equal(case[4], (recipe(case[3], "add")))
    end)
  end

  it("does the same with files of a stage", function()
    local stage = "FROM scratch AS s\nCOPY d /o/p/q/\nFROM scratch\nCOPY --from=s --parents "
    for words, expected in pairs {
      ["/o/./p/q/sub/c.md"] = "x/ 755, x/p/ 755, x/p/q/ 755, x/p/q/sub/ 700, x/p/q/sub/c.md",
      ["/*/p/./?/sub/c.md"] = "x/ 755, x/q/ 755, x/q/sub/ 700, x/q/sub/c.md",
      ["--exclude=o/p/q/sub --exclude=**/*.md /o/p/q"] =
        "x/ 755, x/o/ 755, x/o/p/ 755, x/o/p/q/ 755, x/o/p/q/other/ 755, x/o/p/q/other/o.txt",
      ["--exclude=q/sub --exclude=o /o/p/./q/*"] =
        "x/ 755, x/q/ 755, x/q/a.md, x/q/other/ 755, x/q/other/o.txt",
    } do
      helper.write(dir .. "/Dockerfile", stage .. words .. " /x/\n")
      assert.equal(expected, (build "Dockerfile"))
    end
  end)

  it("misses a path that is named, before and behind the pivot", function()
    for _, words in ipairs { "none/./sub", "d/./none" } do
      helper.write(dir .. "/Dockerfile", ("FROM scratch\nCOPY --parents %s /x/\n"):format(words))
      local status, _, err = try "Dockerfile"
      assert.equal(1, status)
      assert.matches("'none' isn't in the build context", err, 1, true)
    end
  end)

  it("leaves out relative to the source without parents", function()
    assert.equal("x/ 755, x/a.md, x/other/ 755, x/other/o.txt",
      (dockerfile "--exclude=sub --exclude=d/other d"))
    assert.equal("x/ 755, x/file", (dockerfile "--exclude=c.md file d/sub/c.md"))
  end)

  it("misses the cache for another pivot, and for what counts behind it", function()
    files "mkdir -p k/a/b k2/a; echo 1 >k/a/b/f; echo 2 >k/a/b/g"
    local function hit(words) return (select(2, dockerfile(words))) end
    local words = "--parents --exclude=a/b/g k*/./a/b"
    assert.is_false(hit(words))
    assert.is_true(hit(words))
    for _, other in ipairs { "--parents --exclude=a/b/g k/a/./b",
      "--parents k*/./a/b", "--parents --exclude=a/b/f k*/./a/b" } do
      assert.is_false(hit(other), other)
    end
    for _, change in ipairs { "echo 3 >k/a/b/f", "chmod 700 k/a",
      "mkdir k2/a/b; echo >k2/a/b/n" } do
      files(change)
      assert.is_false(hit(words), change)
      assert.is_true(hit(words), change)
    end
    for _, change in ipairs { "echo 4 >k/a/b/g", "chmod 700 k", "mkdir k3", "touch k/a/b/f" } do
      files(change)
      assert.is_true(hit(words), change)
    end
    words = "--parents --exclude=**/*.o k/./a/b/*"
    assert.is_false(hit(words))
    files "echo >k/a/b/new.o"
    assert.is_true(hit(words))
    files "echo >k/a/b/new.x"
    assert.is_false(hit(words))
  end)

  it("keeps hard links among what a pattern leaves", function()
    files "mkdir -p h/1; echo 1 >h/1/a; ln h/1/a h/1/b; ln h/1/a h/1/c"
    assert.equal("x/ 755, x/1/ 755, x/1/b, x/1/c", (dockerfile "--parents --exclude=1/a h/./1/*"))
    assert.equal("2\n2\n", files "stat -c %h ../out/x/1/b ../out/x/1/c")
  end)

  it("doesn't unpack an archive that is left out", function()
    files "tar -cf d/t.tar file"
    assert.equal("x/ 755, x/file", (recipe('"file", "d/t.tar"; "d/t.tar"', "add")))
    files "rm d/t.tar"
  end)
end)
