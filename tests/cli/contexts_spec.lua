-- Contexts of a build: named ones (--build-context), and ones that aren't a directory.
local fixtures = require "support.fixtures"
local helper = require "support.helper"
local server = require "support.server"

describe("lamina build", function()
  local run, dir, web

  local function build(recipe, ...)
    helper.write(dir .. "/context/recipe.lua", recipe)
    return run("build", "-q", "-t", "result", dir .. "/context", ...)
  end

  local function builds(recipe, ...)
    local status, out, err = build(recipe, ...)
    if status ~= 0 then error(err, 2) end
    return out
  end

  --- Runs a shell command line in which `lamina` is this one.
  local function lamina(line)
    return helper.sh(("lamina() { %s \"$@\"; }\n%s"):format(run:line(), line))
  end

  local function shows(text)
    return run:ok("run", "--rm", "--network", "none", "result", "sh", "-c", text)
  end

  setup(function()
    run, dir, web = fixtures.busybox_store(), helper.tmpdir(), server.start()
    helper.sh(("cd %s && mkdir -p context other/sub && echo one >other/one"
      .. " && echo two >other/sub/two && echo two >other/.dockerignore"
      .. " && echo x >other/two"):format(dir))
    helper.write(dir .. "/Containerfile", "FROM busybox\nRUN echo marked >/mark\n")
    run:ok("build", "-q", "-t", "marked", "-f", dir .. "/Containerfile", dir .. "/context")
  end)

  teardown(function()
    web:close()
    helper.cleanup()
  end)

  describe("--build-context", function()
    it("gives a directory a name to copy from, with its own ignore file", function()
      builds([[return from "busybox":copy({ "one", "sub" }, "/c/", { from = "files" })]],
        "--build-context", "files=" .. dir .. "/other")
      assert.equal("one\ntwo\n", shows "cat /c/one; ls /c | grep two")
      local status, _, err = build([[return from "busybox":copy("two", "/c/", { from = "files" })]],
        "--build-context", "files=" .. dir .. "/other")
      assert.equal(1, status)
      assert.matches("leaves it out", err)
    end)

    it("makes a stage of a directory, which is cached by its content", function()
      local recipe = [[return from "busybox":copy("/one", "/c", { from = from "files":run(
        "true", { mounts = {} }) })]]
      local status, _, err = build(recipe, "--build-context", "files=" .. dir .. "/other")
      assert.not_equal(0, status) -- there is no shell in it
      assert.matches("/bin/sh", err)
      recipe = [[local s = from "files":copy("one", "/more", { from = "files" })
        return from "busybox":copy("/", "/c/", { from = s })]]
      local first = builds(recipe, "--build-context", "files=" .. dir .. "/other")
      assert.equal("one\none\n", shows "cat /c/one /c/more")
      assert.equal(first, builds(recipe, "--build-context", "files=" .. dir .. "/other"))
      helper.write(dir .. "/other/one", "changed\n")
      builds(recipe, "--build-context", "files=" .. dir .. "/other")
      assert.equal("changed\n", shows "cat /c/one")
      helper.write(dir .. "/other/one", "one\n")
    end)

    it("puts another image in the place of a name, however it is written", function()
      for _, name in ipairs { "base", "base:latest", "docker.io/library/base" } do
        builds('return from "base"', "--build-context", name .. "=docker-image://marked")
        assert.equal("marked\n", shows "cat /mark")
      end
      assert.matches("base", select(3, build 'return from "base"'))
    end)

    it("puts a layout's image there, and gives its names to nobody", function()
      run:ok("tag", "marked", "unseen:1")
      run:ok("save", "-o", dir .. "/layout.tar", "unseen:1")
      helper.sh(("mkdir %s/layout && tar -C %s/layout -xf %s/layout.tar"):format(dir, dir, dir))
      run:ok("rmi", "unseen:1")
      local digest = helper.read(dir .. "/layout/index.json"):match('"digest":%s*"(sha256:%x+)"')
      for _, at in ipairs { "", "@" .. digest } do
        builds('return from "base"', "--build-context",
          "base=oci-layout://" .. dir .. "/layout" .. at)
        assert.equal("marked\n", shows "cat /mark")
      end
      assert.not_matches("unseen", run:ok("images"))
      local status, _, err = build('return from "base"', "--build-context",
        "base=oci-layout://" .. dir .. "/layout@sha256:" .. ("0"):rep(64))
      assert.equal(1, status)
      assert.matches("has no image sha256:0000", err)
    end)

    it("replaces a stage of a Dockerfile, as a base and to copy from", function()
      helper.write(dir .. "/Dockerfile", [[
FROM busybox AS tools
RUN exit 1
FROM tools AS middle
RUN cat /mark >/seen
FROM busybox
COPY --from=tools /mark /copied
COPY --from=middle /seen /seen
]])
      run:ok("build", "-q", "-t", "result", "-f", dir .. "/Dockerfile", "--build-context",
        "Tools=docker-image://marked", dir .. "/context")
      assert.equal("marked\nmarked\n", shows "cat /copied /seen")
      helper.write(dir .. "/Dockerfile", [[
FROM nowhere AS files
FROM busybox
COPY --from=files one /copied
RUN --mount=from=files,target=/in cp /in/sub/two /mounted
]])
      run:ok("build", "-q", "-t", "result", "-f", dir .. "/Dockerfile", "--build-context",
        "files=" .. dir .. "/other", dir .. "/context")
      assert.equal("one\ntwo\n", shows "cat /copied /mounted")
    end)

    it("refuses what is none", function()
      for word, pattern in pairs {
        ["x"] = "NAME=", ["x=/nowhere/at/all"] = "No such file", ["=x"] = "NAME=",
        ["x=" .. dir .. "/Dockerfile"] = "is no directory", ["x=http://h/y"] = "can't be a context",
        ["x=docker-image://UPPER"] = "UPPER", ["x=oci-layout:///nowhere"] = "No such file",
        ["X y=" .. dir] = "is no name", ["x=ssh://-o/x"] = "no host",
      } do
        local status, _, err = build('return from "busybox"', "--build-context", word)
        assert.not_equal(0, status)
        assert.matches(pattern, err)
      end
      local status, _, err = build('return from "busybox"', "--build-context", "x=" .. dir,
        "--build-context", "X=" .. dir)
      assert.equal(2, status)
      assert.matches("comes twice", err)
    end)
  end)

  describe("with a context that isn't a directory", function()
    local tree

    setup(function()
      tree = helper.tmpdir()
      helper.write(tree .. "/Dockerfile", "FROM busybox\nCOPY a .dockerignore /c/\n")
      helper.write(tree .. "/other.lua", 'return from "busybox":copy("a", "/o")')
      helper.write(tree .. "/a", "text\n")
      helper.write(tree .. "/.dockerignore", "a\n.dockerignore\n")
      os.execute("ln -s /etc/passwd " .. tree .. "/evil; ln -s /etc/passwd " .. tree .. "/evil.lua")
    end)

    it("reads a tar from standard input; ignore files don't count in it (60)", function()
      local status, _, err = lamina("tar -C " .. tree .. " -cz . | lamina build -q -t result -")
      assert.equal("", err)
      assert.equal(0, status)
      assert.equal("text\na\n", shows "cat /c/a; cat /c/.dockerignore | head -1")
    end)

    it("takes -f from it, and no link out of it", function()
      local line = "tar -C " .. tree .. " -c . | lamina build -q -t result -f %s -"
      assert.equal(0, (lamina(line:format "other.lua")))
      assert.equal("text\n", shows "cat /o")
      local status, _, err = lamina(line:format "none")
      assert.equal(1, status)
      assert.matches("no 'none' in the context", err)
      status, _, err = lamina(line:format "evil.lua")
      assert.equal(1, status)
      assert.not_matches("root", err)
    end)

    it("gives a recipe its modules from the context's top, through no link out of it", function()
      local outside, hostile = helper.tmpdir(), helper.tmpdir()
      local recipe = 'return from "busybox":env { M = require "m" }'
      helper.write(outside .. "/recipe.lua", recipe)
      helper.write(outside .. "/m.lua", 'return "ours"')
      helper.sh(("cd %s && mkdir -p .%s && cp %s/recipe.lua .%s && ln -s %s sub"):format(hostile,
        outside, outside, outside, outside))
      local line = "tar -C " .. hostile .. " -c . | lamina build -q -t result -f %s -"
      local status, _, err = lamina(line:format "sub/recipe.lua")
      assert.not_equal(0, status)
      assert.not_matches("ours", err)
      helper.write(hostile .. "/m.lua", 'return "its own"')
      helper.write(hostile .. "/recipe.lua", recipe)
      for _, file in ipairs { "recipe.lua", "sub/recipe.lua" } do
        assert.equal(0, (lamina(line:format(file))))
        assert.equal("its own\n", shows "echo $M")
      end
    end)

    it("reads a recipe from standard input, without a context", function()
      assert.equal(0, (lamina "echo 'FROM marked' | lamina build -q -t result -"))
      assert.equal("marked\n", shows "cat /mark")
      local status, _, err = lamina "printf 'FROM marked\\nCOPY a /' | lamina build -q -"
      assert.equal(1, status)
      assert.matches("'a' isn't in the build context", err)
      status, _, err = lamina "lamina build -f - - </dev/null"
      assert.equal(2, status)
      assert.matches("both", err)
    end)

    it("fetches an archive, or a Dockerfile", function()
      helper.sh(("tar -C %s -czf %s/files/c.tgz ."):format(tree, web.dir))
      run:ok("build", "-q", "-t", "result", web:url "/files/c.tgz")
      assert.equal("text\n", shows "cat /c/a")
      run:ok("build", "-q", "-t", "result", web:put("D", "FROM marked\n"))
      assert.equal("marked\n", shows "cat /mark")
      local status, _, err = run("build", web:url "/files/none.tgz")
      assert.equal(1, status)
      assert.matches("HTTP status 404", err)
    end)

    it("fetches a repository", function()
      local status, _, err = helper.sh(([[cd %s && git init -q . && git add -f . && \
        git -c user.name=n -c user.email=a@b commit -qm x && \
        git clone -q --bare . %s/git/c.git; rm -rf .git]]):format(tree, web.dir))
      assert.equal(0, status, err)
      run:ok("build", "-q", "-t", "result", web:url "/git/c.git")
      assert.equal("text\n", shows "cat /c/a")
      run:ok("build", "-q", "-t", "result", "-f", "other.lua", web:url "/git/c.git#HEAD")
      run:ok("build", "-q", "-t", "result", "-f", "other.lua", web:url "/git/c.git?ref=HEAD")
      assert.equal("text\n", shows "cat /o")
    end)
  end)
end)
