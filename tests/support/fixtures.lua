--- Root file systems for the tests, made on the first use and kept in build/fixtures.
local helper = require "support.helper"

local fixtures = {}

local applets = "sh true false cat echo ls mkdir rm cp mv ln touch sleep id env chmod chown stat "
  .. "grep sed seq head tail wc find hostname pwd kill mkfifo mknod mount umount date dd tee test "
  .. "printf readlink sync yes nslookup ip wget su sort tr cut md5sum sha256sum tar gzip ps"

--- A small root: busybox-static, its names, passwd and group. Packed in a way that depends on
-- nothing but busybox itself. The file is `path`, default build/fixtures/busybox.tar.
function fixtures.busybox_tar(path)
  path = path or helper.top .. "/" .. helper.build .. "/fixtures/busybox.tar"
  local status, _, err = helper.sh(([=[
    [ -s %s ] && exit 0
    set -e
    root=$(mktemp -d /tmp/lamina-busybox.XXXXXX)
    trap 'rm -rf "$root"' EXIT
    umask 022
    mkdir -p "$root/bin" "$root/etc" "$root/tmp" "$root/root" "$root/usr/bin" "$root/var/lib"
    chmod 1777 "$root/tmp"; chmod 700 "$root/root"; chmod 755 "$root"
    cp /bin/busybox "$root/bin/busybox"
    for name in %s; do ln -s busybox "$root/bin/$name"; done
    printf 'root:x:0:0:root:/root:/bin/sh\n' >"$root/etc/passwd"
    printf 'guest:x:1000:1000::/home/guest:/bin/sh\n' >>"$root/etc/passwd"
    printf 'root:x:0:\nguest:x:1000:\nextra:x:1001:guest\n' >"$root/etc/group"
    mkdir -p "$(dirname %s)"
    tar -C "$root" --sort=name --mtime=@1700000000 --owner=0 --group=0 --numeric-owner \
      -cf %s.$$ .
    mv %s.$$ %s]=])
    :format(helper.quote(path), applets, helper.quote(path), helper.quote(path), helper.quote(path),
      helper.quote(path)))
  assert(status == 0, "busybox root: " .. err)
  return path
end

--- A lamina (helper.store) whose store has the image "busybox". Its command is the shell. Answers
-- the image's id as well.
function fixtures.busybox_store()
  local run = helper.store()
  local out = run:ok("import", "--change", 'CMD ["sh"]', fixtures.busybox_tar(), "busybox")
  return run, out:match("%S+")
end

-- What a script below finds: a store of its own with busybox as its only layer.
local prelude = [=[
  require "luv" -- before strict: it looks for a global of its own
  require "lamina.util.strict"
  local failure = require "lamina.util.failure"
  local fs = require "lamina.core.fs"
  local sched = require "lamina.util.sched"
  local home = require "lamina.store.home"
  local store <close> = home.enter(%q)
  local busybox = "sha256:" .. ("b"):rep(64)
  local function folder(name, mode)
    local dir = store:temp(name)
    assert(fs.chmod(dir, mode or 493))
    return dir
  end
  local root = folder("root")
  assert(os.execute("tar -C " .. root .. " --no-same-owner -xf " .. %q))
  store.layers:adopt(root, { diff_id = busybox, tar_size = 0, entries = 0, bytes = 0 })
]=]

--- Runs Lua text in a process of its own, since a process enters its namespaces only once. It
-- sees store, busybox (a diff ID), folder(name), failure, fs, sched, and runs in a task. Answers
-- status, stdout, stderr.
function fixtures.script(text)
  local root = helper.tmpdir() .. "/store"
  local file = helper.tmpdir() .. "/script.lua"
  helper.write(file, prelude:format(root, fixtures.busybox_tar())
    .. "sched.run(function()\n" .. text .. "\nend)\n")
  return helper.sh("lua5.4 " .. helper.quote(file))
end

--- Runs such a text, which must succeed and say nothing on stderr; answers what it prints.
function fixtures.output(text)
  local status, out, err = fixtures.script(text)
  if status ~= 0 or err ~= "" then error(("status %d: %s%s"):format(status, out, err), 2) end
  return out
end

return fixtures
