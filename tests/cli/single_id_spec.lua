-- An ordinary user without sub-ids has one id inside: 0. Root plays that user here; everybody
-- else's suite runs with the sub-ids he has.
local fixtures = require "support.fixtures"
local fs = require "lamina.core.fs"
local helper = require "support.helper"
local raw_tar = require "support.tar"

local nobody = 54321 -- in no /etc/passwd and no /etc/subuid

describe("a user without sub-ids", function()
  if not helper.is_root then
    return it("is played by root", function() pending "only root can be somebody else" end)
  end

  local dir

  local function as_nobody(words)
    return helper.sh(("setpriv --reuid %d --regid %d --clear-groups env -i HOME=%s LAMINA_ROOT=%s "
      .. "PATH=\"$PATH\" %s %s"):format(nobody, nobody, dir, dir .. "/store",
      helper.quote(helper.lamina_path), words))
  end

  local function ok(words)
    local status, out, err = as_nobody(words)
    assert.equal("", err)
    assert.equal(0, status)
    return out
  end

  setup(function()
    dir = helper.tmpdir()
    assert(fs.chown(dir, nobody, nobody))
    ok("import --change 'CMD sh' - busybox <" .. helper.quote(fixtures.busybox_tar()))
  end)
  teardown(helper.cleanup)

  it("runs commands as root of his own namespace", function()
    assert.equal("0 0\n", ok "run --rm --network none busybox sh -c 'echo $(id -u) $(id -g)'")
    assert.matches("^%s*0%s+54321%s+1\n$",
      ok "run --rm --network none busybox cat /proc/self/uid_map")
  end)

  it("keeps, changes and commits a container", function()
    ok "run --name box --network none busybox sh -c 'echo text >/made; mkdir /dir; rm /etc/group'"
    ok "commit box made"
    assert.equal("text\n", ok ("run --rm --network none made sh -c 'cat /made; "
      .. "[ ! -e /etc/group ]'"))
    ok "rm box"
  end)

  it("is told why another user can't run anything", function()
    local status, out, err = as_nobody "run --rm --network none -u guest busybox id"
    assert.equal("", out)
    assert.equal(125, status)
    assert.matches("user id 1000: only 0 to 0 are mapped; sub%-ids", err)
  end)

  it("is told where to learn how to get the ids that a tar wants", function()
    local tar = dir .. "/owned.tar"
    assert.equal(0, (helper.sh(("cd %s && echo x >owned && tar --owner=0 --group=42 -cf %s owned")
      :format(dir, tar))))
    local status, out, err = as_nobody("import - owned <" .. tar)
    assert.equal("", out)
    assert.equal(1, status)
    assert.matches("group id 42 is outside the 1 ids of this user (`lamina doctor` tells how", err,
      1, true)
  end)

  it("leaves nothing behind that he can't remove", function()
    ok "prune --everything --force"
    assert.equal(0, (helper.sh(("setpriv --reuid %d --regid %d --clear-groups rm -rf %s/store")
      :format(nobody, nobody, dir))))
  end)

  it("is told so where the machine allows no user namespaces", function()
    -- in a user namespace of root's, where that limit is 0
    local hall = helper.tmpdir() -- who has no ids yet has no rights in `dir`
    local status, out, err = helper.sh(([[
      chmod 755 %s; mkfifo -m 666 %s/pid %s/go
      timeout 60 unshare -U sh -c 'echo $$ >%s/pid; read x <%s/go
        setpriv --reuid 0 --regid 0 --clear-groups sh -c "
          echo 0 >/proc/sys/user/max_user_namespaces
          exec setpriv --reuid %d --regid %d --clear-groups env HOME=%s %s images"' &
      read pid <%s/pid || exit 1
      echo 0 0 60000 >/proc/$pid/uid_map
      echo 0 0 60000 >/proc/$pid/gid_map
      echo >%s/go
      wait $!]]):format(hall, hall, hall, hall, hall, nobody, nobody, dir, helper.lamina_path,
      hall, hall))
    assert.equal("", out)
    assert.equal(1, status)
    assert.matches("user namespace: the limit user.max_user_namespaces is reached", err)
    assert.is_nil(err:find("space there", 1, true))
  end)
end)

describe("root of a user namespace that somebody else has made", function()
  after_each(helper.cleanup)

  it("counts as a user with that namespace's ids", function()
    local dir = helper.tmpdir()
    local function inside(words)
      return helper.sh(("LAMINA_ROOT=%s/store unshare -Ur %s %s"):format(dir,
        helper.quote(helper.lamina_path), words))
    end
    if helper.sh "unshare -Ur true" ~= 0 then return pending "there are no user namespaces" end
    assert.equal(0, (inside("import " .. fixtures.busybox_tar() .. " busybox")))
    local status, out, err = inside("run --name one --network none busybox sh -c "
      .. "'echo $(id -u) >/x'")
    assert.equal(0, status, err)
    assert.equal("", out)
    assert.equal(0, (inside "commit one busybox:x"))
    assert.equal("0\n", (select(2, inside "run --rm --network none busybox:x cat /x")))
    helper.write(dir .. "/foreign.tar", raw_tar.of { { "f", body = "x", uid = 42 } })
    status, out, err = inside("import " .. dir .. "/foreign.tar")
    assert.equal("", out)
    assert.equal(1, status)
    assert.matches("user id 42 is outside the 1 ids of this user", err, 1, true)
  end)
end)
