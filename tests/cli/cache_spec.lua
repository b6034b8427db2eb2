-- What a step's key covers and what it doesn't (CACHE-01, SEMANTICS D6): every case changes one
-- thing after a build and asks a dry run whether the last step would run.
local fixtures = require "support.fixtures"
local helper = require "support.helper"

describe("the key of a step", function()
  local run, dir

  --- The context as it is before each case.
  local pristine = [[
    umask 022; rm -rf c; mkdir -p c/d/e c/d/empty; cd c
    echo a >a; echo b >b; echo 'a b' >'a b'; echo f >d/f; echo o >d/x.o; echo g >d/e/g
    ln -s a l; echo seed >seed; printf s1 >../secret]]

  local function sh(script)
    local status, _, err = helper.sh("cd " .. dir .. "\n" .. script)
    assert.equal(0, status, script .. "\n" .. err)
  end

  --- Times are no part of a key, so they are set to what all builds have.
  local function lamina(recipe, ...)
    helper.write(dir .. "/recipe.lua", recipe)
    local words = { "build", "--progress=plain", "-f", dir .. "/recipe.lua", "--secret",
      "id=s,src=" .. dir .. "/secret", ... }
    words[#words + 1] = dir .. "/c"
    local status, out, err = run(table.unpack(words))
    assert.equal(0, status, recipe .. "\n" .. err)
    return out, err
  end

  --- What a dry run says of the last step, once all before it is there: "CACHED" or "RUN".
  local function verdict(before, last, flags)
    lamina("return " .. before, table.unpack(flags))
    local words = table.move(flags, 1, #flags, 2, { "--dry-run" })
    local out = lamina("return " .. before .. last, table.unpack(words))
    local found
    for line in out:gmatch "[^\n]+" do found = line:match "^(%u+) " or found end
    return found
  end

  --- A text with one thing in it replaced, which has to be there.
  local function replaced(text, change)
    if not change then return text end
    local first, last = text:find(change[1], 1, true)
    assert(first, change[1] .. " isn't in " .. text)
    return text:sub(1, first - 1) .. change[2] .. text:sub(last + 1)
  end

  --- Builds, changes what the case says, and looks. A case: what is changed, `before` and `last`
  -- (each { text, other text } of the recipe), `flags`, `sh` (in the context); `base` is another
  -- last step than that of all cases, and `first` what the context has for it.
  local function try(base, case, expected)
    local flags = case.flags or {}
    if case.first then sh("cd c; umask 022\n" .. case.first) end
    if case.base then lamina("return " .. base.before .. case.base) end
    if case.sh then sh("cd c; umask 022\n" .. case.sh) end
    local found = verdict(replaced(base.before, case.before),
      replaced(case.base or base.last, case.last), flags)
    if case.sh then sh(pristine) end
    assert.equal(expected, found, case[1])
  end

  setup(function()
    run, dir = fixtures.busybox_store(), helper.tmpdir()
    sh(pristine)
    assert(run("run", "--name", "other", "busybox", "touch", "/other") == 0)
    assert(run("commit", "other", "other") == 0)
  end)

  teardown(helper.cleanup)

  local command = {
    before = [[from "busybox":env { A = "1", B = "2" }:arg("V", "x"):workdir "/tmp":user "guest"]],
    last = [[:run("true", { network = "none", env = { S = "1" }, mounts = {
      cache("/c", { id = "i", mode = "0755", uid = 1, gid = 2 }), tmpfs("/t", { size = "1m" }),
      bind { target = "/src", source = "d" },
      secret { id = "s", target = "/s", mode = "0400" } } })]],
  }

  local misses = {
    { "its words", last = { "true", "true " } },
    { "shell form, exec form", last = { '"true"', '{ "/bin/sh", "-c", "true", "" }' } },
    { "the shell", before = { ':user "guest"', ':user "guest":shell { "/bin/sh", "-ec" }' } },
    { "a variable's value", before = { 'A = "1"', 'A = "2"' } },
    { "a variable's name", before = { 'A = "1"', 'C = "1"' } },
    { "a variable more", before = { 'A = "1"', 'A = "1", C = ""' } },
    { "a variable less", before = { 'A = "1", ', "" } },
    { "a line feed for a variable", before = { 'A = "1", B = "2"', 'A = "1\\nB=2"' } },
    { "an argument's default", before = { '"x"', '"y"' } },
    { "an argument's value", flags = { "--build-arg", "V=y" } },
    { "an unused argument more (71)", before = { ':arg("V", "x")', ':arg("V", "x"):arg("W", "")' }
      },
    { "the working directory", before = { '"/tmp"', '"/etc"' } },
    { "the image's user", before = { '"guest"', '"0"' } },
    { "the step's user", last = { 'network = "none"', 'network = "none", user = "0"' } },
    { "the step's variable", last = { 'S = "1"', 'S = "2"' } },
    { "the network", last = { 'network = "none", ', "" } },
    { "the build's network", base = ':run "true"',
      flags = { "--network", "none" } },
    { "security", last = { 'network = "none"', 'network = "none", security = "insecure"' },
      flags = { "--allow", "security.insecure" } },
    { "the base image", before = { '"busybox"', '"other"' } },
    { "the clamp of times", flags = { "--source-date-epoch", "1" } },
    { "a mount's target", last = { '"/c"', '"/d"' } },
    { "a mount's kind", last = { 'tmpfs("/t", { size = "1m" })', 'cache "/t"' } },
    { "a mount less", last = { 'tmpfs("/t", { size = "1m" }),', "" } },
    { "the order of mounts", base = ':run("true", { mounts = { tmpfs "/x", cache "/y" } })',
      last = { 'tmpfs "/x", cache "/y"', 'cache "/y", tmpfs "/x"' } },
    { "a cache's mode", last = { "0755", "0700" } },
    { "a cache's owner", last = { "uid = 1", "uid = 2" } },
    { "a cache's group", last = { "gid = 2", "gid = 1" } },
    { "what a cache starts with", last = { 'id = "i"', 'id = "i", from = context "d"' } },
    { "a tmpfs' size", last = { '"1m"', '"2m"' } },
    { "what may be written", last = { 'source = "d"', 'source = "d", readonly = false' } },
    { "a bound file's content", sh = "echo F >d/f" },
    { "a bound file's mode", sh = "chmod 600 d/f" },
    { "a bound file's name", sh = "mv d/f d/F" },
    { "a bound file more", sh = "echo >d/new" },
    { "a bound directory", last = { 'source = "d"', 'source = "d/e"' } },
    { "a secret's id", last = { 'id = "s"', 'id = "t"' } },
    { "a secret's target", last = { '"/s"', '"/S"' } },
    { "a secret's mode", last = { "0400", "0444" } },
    { "a secret's variable", last = { 'id = "s"', 'id = "s", env = "S"' } },
    { "whether a secret must be there", last = { 'id = "s"', 'id = "s", required = true' } },
    { "which of two caches has the files", base = [[:run("true", { mounts = {
      cache("/x", { from = context "d" }), cache "/y" } })]],
      last = { '{ from = context "d" }), cache "/y"',
        '{}), cache("/y", { from = context "d" })' } },
  }

  it(("changes with each of %d parts of a run (SEMANTICS 70; CACHE-01)"):format(#misses), function()
    lamina("return " .. command.before .. command.last)
    for _, case in ipairs(misses) do try(command, case, "RUN") end
  end)

  it("leaves out what changes no result of a run (SEMANTICS 70, 71, 77)", function()
    lamina("return " .. command.before .. command.last)
    for _, case in ipairs {
      { "nothing" },
      { "a cache's id", last = { 'id = "i"', 'id = "j"' } },
      { "a cache's sharing", last = { 'id = "i"', 'id = "i", sharing = "locked"' } },
      { "a time limit", last = { 'network = "none"', 'network = "none", timeout = "1h"' } },
      { "a proxy (62)", flags = { "--build-arg", "http_proxy=http://127.0.0.1:1" } },
      { "an argument nobody declares", flags = { "--build-arg", "Q=1" } },
      { "an argument without a value", before = { ':arg("V"', ':arg "W":arg("V"' } },
      { "an argument that a variable covers", before = { ':workdir', ':arg("A", "1"):workdir' } },
      { "metadata", before = { ":user", ':label { a = "b" }:cmd "x":expose "1":volume "/v"'
        .. ':entrypoint "e":stopsignal "TERM":healthcheck(false):annotate { n = "1" }:user' } },
      { "labels and names of the caller", flags = { "--label", "l=v", "-t", "named" } },
      { "how many run at once", flags = { "--jobs", "1" } },
      { "another line of the recipe", before = { ":workdir", "\n\n--\n:workdir" } },
      { "a secret's content", sh = "printf s2 >../secret" },
      { "a bound file's time", sh = "touch -d @1 d/f d" },
      { "a bound file made anew", sh = "rm d/f; echo f >d/f" },
      { "a file that isn't bound", sh = "echo 2 >a; echo new >z" },
      { "where bound files lie", sh = "mv d D", last = { 'source = "d"', 'source = "D"' } },
    } do try(command, case, "CACHED") end
  end)

  local files = { before = 'from "busybox"', last = ':copy({ "a", "d" }, "/c/", { chown = "1:2", '
    .. 'chmod = "u+w", exclude = "*.o" })' }

  local file_misses = {
    { "a file's content", sh = "echo A >a" },
    { "a content of the same size, and the old time", sh = "touch -r a ../t; echo A >a; "
      .. "touch -r ../t a" },
    { "a file's mode", sh = "chmod 755 a" },
    { "a directory's mode", sh = "chmod 700 d/e" },
    { "a file's name", sh = "mv d/f d/F" },
    { "a file more", sh = "echo >d/new" },
    { "a file less", sh = "rm d/f" },
    { "an empty directory less", sh = "rmdir d/empty" },
    { "a link for a file", sh = "rm d/f; ln -s ../a d/f" },
    { "a directory for a file", sh = "rm d/f; mkdir d/f" },
    { "what is ignored", sh = "echo d/f >.dockerignore" },
    { "the destination", last = { '"/c/"', '"/C/"' } },
    { "chown", last = { "1:2", "1:1" } },
    { "chmod", last = { "u+w", "u-w" } },
    { "what is left out", last = { "*.o", "f" } },
    { "copy or add", last = { ":copy", ":add" } },
    { "the stage", base = ':copy("a", "/c/")', before = { "busybox", "other" } },
    { "link", base = ':copy("a", "/c/")', last = { '"/c/"', '"/c/", { link = true }' } },
    { "parents", base = ':copy("d/f", "/c/")', last = { '"/c/"', '"/c/", { parents = true }' } },
    { "a parent's mode, with parents", base = ':copy("d/e/g", "/c/", { parents = true })',
      sh = "chmod 700 d" },
    { "the order of sources (74)", last = { '{ "a", "d" }', '{ "d", "a" }' } },
    { "a source more (74)", last = { '{ "a", "d" }', '{ "a", "d", "b" }' } },
    { "one name or two", base = ':copy({ "a b" }, "/c/")', last = { '"a b"', '"a", "b"' } },
    { "a name under a wildcard (74)", base = ':copy("?", "/c/")', sh = "mv b B" },
    { "a match more (74)", base = ':copy("?", "/c/")', sh = "echo n >n" },
    { "two links or two files", first = "echo 1 >x; echo 1 >y", sh = "rm y; ln x y",
      base = ':copy("[xy]", "/c/")' },
    { "which files are links", first = "echo 1 >x; echo 1 >y; ln y z", sh = "ln -f x z",
      base = ':copy("[xyz]", "/c/")' },
    { "a link's target", base = ':copy(".", "/c/")', sh = "ln -sfn b l" },
    { "inline text", base = ':copy({ a = "1" }, "/c/")', last = { '"1"', '"2"' } },
    { "inline names", base = ':copy({ a = "1" }, "/c/")', last = { "a =", "b =" } },
    { "inline texts", base = ':copy({ a = "1", b = "2" }, "/c/")',
      last = { 'a = "1", b = "2"', 'a = "2", b = "1"' } },
    { "inline or not", base = ':copy({ a = "a\\n" }, "/i/")', last = { '{ a = "a\\n" }', '"a"' } },
  }
  it(("changes with each of %d parts of a copy (SEMANTICS 72, 74; CACHE-01)"):format(
    #file_misses), function()
    sh(pristine)
    lamina("return " .. files.before .. files.last)
    for _, case in ipairs(file_misses) do try(files, case, "RUN") end
  end)

  it("leaves out times, and what isn't selected, of a copy (SEMANTICS 72, 54)", function()
    sh(pristine)
    lamina("return " .. files.before .. files.last)
    for _, case in ipairs {
      { "nothing" },
      { "times", sh = "touch -d @1 a d d/f" },
      { "a file made anew", sh = "rm a; echo a >a" },
      { "a file left out", sh = "echo 2 >d/x.o; echo 3 >d/y.o" },
      { "a file not selected", sh = "echo 2 >b" },
      { "a directory's name", sh = "mv d D", last = { '"d"', '"D"' } },
      { "how a source is written", last = { '"a", "d"', '"/x/../a", "./d/"' } },
      { "what is ignored, and not selected", sh = "echo b >.dockerignore" },
      { "variables, user and shell", before = { '"busybox"',
        '"busybox":env { A = "1" }:user "guest":shell { "x" }' } },
    } do try(files, case, "CACHED") end
  end)
end)
