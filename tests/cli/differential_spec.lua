-- The same Dockerfile built by lamina and by buildah: the same files and the same configuration.
-- tests/golden/differential.lua has the Dockerfiles, tests/golden/README.md what is known to
-- differ, where BuildKit's meaning is the one kept.
local fixtures = require "support.fixtures"
local helper = require "support.helper"
local json = require "lamina.core.json"

local cases = dofile "tests/golden/differential.lua"

-- What Docker's configuration has for containers only, and what BuildKit writes (SEMANTICS 32).
local left_out = { "AttachStderr", "AttachStdin", "AttachStdout", "Domainname", "Hostname",
  "Image", "OpenStdin", "StdinOnce", "Tty", "ArgsEscaped" }

local make_context = [[cd %s; mkdir -p dir/deep links tree1 tree2/sub heredoc
  echo a >a.txt; echo b >b.txt; echo c >c.txt; echo hidden >.hidden
  echo x >dir/x; chmod 750 dir/deep; echo y >dir/deep/y; chmod 600 dir/deep/y; mkdir dir/empty
  ln -s x dir/to-x; ln -s ../dir/x links/to-x; ln -s ../dir links/to-dir; ln -s /none links/broken
  echo w >'with blank'; echo 1 >tree1/f; echo 2 >tree2/sub/g; chmod 700 tree2
  mkdir -p t/d; echo f >t/f; chmod 4755 t/f; ln t/f t/hard; ln -s f t/link; chmod 1777 t/d
  tar --owner=11 --group=12 --numeric-owner -cf tree.tar t; gzip -k tree.tar; xz -k tree.tar
  rm -r t; echo no archive >no.tar.gz
  printf 'to me $x\n' >heredoc/file; printf 'to $WHO\n' >heredoc/raw; printf 'tab\n' >heredoc/tabs
  find . -exec touch -hd @1600000000 {} +]]

local list_tree = [[cd %s; find . -mindepth 1 \( -path ./dev -o -path ./proc -o -path ./sys \
    -o -path ./run -o -path ./etc/hosts -o -path ./etc/hostname -o -path ./etc/resolv.conf \) \
    -prune -o -printf '%%p %%y %%m %%U:%%G %%l ' \
    \( -type f -printf '%%n %%s ' -exec sha256sum {} \; -o -printf '\n' \) | sort]]

describe("a Dockerfile and buildah", function()
  local lamina, dir, buildah, has_heredocs

  local function sh(script)
    local status, out, err = helper.sh("set -e; " .. script)
    assert.equal(0, status, err)
    return out
  end

  --- Gives buildah an image of lamina's. It calls the image after the layout's path, which has to
  -- be relative: temporary folders have names with capitals.
  local function give(name)
    lamina:ok("save", "--format", "oci-dir", "-o", dir .. "/" .. name, name)
    sh(("cd %s; %s tag $(%s pull -q oci:%s) docker.io/library/%s:latest"):format(dir, buildah,
      buildah, name, name))
  end

  local function build_words(case, number)
    local words = {}
    for i, word in ipairs(case.args or {}) do words[i] = helper.quote(word) end
    helper.write(("%s/%d.Dockerfile"):format(dir, number), case[2])
    if case.ignore then
      helper.write(("%s/%d.Dockerfile.dockerignore"):format(dir, number), case.ignore)
    end
    return table.concat(words, " ")
  end

  --- A line for each case that builds it; what it says is in N.log.
  local function buildah_lines()
    local lines = {}
    for i, case in ipairs(cases) do
      local words, file = build_words(case, i), ("%s/%d.Dockerfile"):format(dir, i)
      if case.plain and not has_heredocs then
        file = helper.write(("%s/%d.plain"):format(dir, i), case.plain)
      end
      local ignored = case.ignore and ("--ignorefile %s/%d.Dockerfile.dockerignore"):format(dir, i)
      lines[i] = ("mkdir %s/their%d; %s build --isolation chroot --format docker --layers=false "
        .. "--pull-never -q -t t%d -o type=local,dest=%s/their%d %s %s -f %s %s/context "
        .. ">%s/%d.log 2>&1"):format(dir, i, buildah, i, dir, i, ignored or "", words, file, dir,
        dir, i)
    end
    return table.concat(lines, "\n") .. "\n"
  end

  setup(function()
    if not helper.is_root or helper.sh("command -v buildah") ~= 0 then return end
    lamina, dir = fixtures.busybox_store(), helper.tmpdir()
    buildah = ("buildah --root %s/b --runroot %s/r --storage-driver vfs"):format(dir, dir)
    local version = sh("buildah --version"):match("1%.(%d+)")
    has_heredocs = tonumber(version or 99) >= 33
    sh("mkdir " .. dir .. "/context; " .. make_context:format(dir .. "/context"))
    helper.write(dir .. "/triggers.Dockerfile", "FROM busybox\nONBUILD COPY a.txt /triggered\n"
      .. "ONBUILD ENV BY=trigger\nONBUILD RUN echo $BY >>/triggered\n")
    lamina:ok("build", "-q", "-t", "triggers", "-f", dir .. "/triggers.Dockerfile", dir)
    give "busybox"
    give "triggers"
    helper.sh("xargs -P 4 -d '\\n' -n 1 sh -c", buildah_lines())
  end)

  teardown(function()
    if dir then helper.sh(buildah .. " rmi -a -f") end
    helper.cleanup()
  end)

  local function their_configuration(number)
    local found = json.decode(sh(("%s inspect --type image t%d"):format(buildah, number))).Docker
    return found.config, found.author
  end

  --- Without what nobody set: buildah writes empty members where lamina leaves them out.
  local function cleaned(config, case)
    if config.Labels then config.Labels["io.buildah.version"] = nil end
    for _, key in ipairs(left_out) do config[key] = nil end
    for _, key in ipairs(case.theirs or {}) do config[key] = nil end
    for key, value in pairs(config) do
      if value == json.null or value == "" or (type(value) == "table" and next(value) == nil) then
        config[key] = nil
      end
    end
    return config
  end

  --- The files of a tree by a line that tells all of each.
  local function tree(root, case)
    local lines = {}
    for line in sh(list_tree:format(root)):gmatch("[^\n]+") do
      lines[line] = not (case.less or {})[line:match("^%S+")] or nil
    end
    return lines
  end

  local function difference(theirs, ours)
    local list = {}
    for line in pairs(theirs) do list[#list + 1] = not ours[line] and "theirs " .. line or nil end
    for line in pairs(ours) do list[#list + 1] = not theirs[line] and "ours " .. line or nil end
    table.sort(list)
    return table.concat(list, "\n")
  end

  for number, case in ipairs(cases) do
    it("agree on " .. case[1], function()
      if not dir then pending "buildah needs root, and has to be installed" end
      local log = helper.read(("%s/%d.log"):format(dir, number))
      assert.equal(0, (helper.sh(("%s inspect t%d"):format(buildah, number))), log)
      local words = { "build", "-q", "-t", "o" .. number, "-o", "type=store", "-o",
        ("type=local,dest=%s/our%d"):format(dir, number), "-f",
        ("%s/%d.Dockerfile"):format(dir, number), table.unpack(case.args or {}) }
      words[#words + 1] = dir .. "/context"
      lamina:ok(table.unpack(words))
      local theirs, author = their_configuration(number)
      local ours = json.decode(lamina:ok("inspect", "o" .. number))[1]
      assert.same(cleaned(theirs, case), cleaned(ours.Config, case))
      assert.equal(author or "", ours.Author or "")
      assert.equal("", difference(tree(dir .. "/their" .. number, case),
        tree(dir .. "/our" .. number, case)))
    end)
  end
end)
