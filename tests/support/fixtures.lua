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

return fixtures
