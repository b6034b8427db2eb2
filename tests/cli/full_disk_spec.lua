-- A full disk is an error that says so, and no damage (ST-04).
--
--   LAMINA_TEST_STEPS=40    so many sizes of the disk
local fixtures = require "support.fixtures"
local helper = require "support.helper"

local steps = tonumber(os.getenv "LAMINA_TEST_STEPS") or 6

-- An ordinary user mounts in a namespace in which he has the capabilities and stays himself.
local enter = helper.is_root and "unshare -m" or "unshare -U --map-current-user --keep-caps -m"
local can_mount = helper.sh(enter .. " mount -t tmpfs none /mnt") == 0

--- Runs lines of shell on a store that is a small tmpfs. They see $lamina, $box, and grow, which
-- makes the tmpfs large. Answers status, stdout, stderr.
local function on_small_disk(options, text)
  local store = helper.tmpdir() .. "/store"
  local script = helper.write(helper.tmpdir() .. "/script", ([[
    mkdir -m 700 %s
    mount -t tmpfs -o mode=700,%s none %s || exit 99
    export LAMINA_ROOT=%s
    lamina=%s box=%s
    grow() { mount -o remount,size=64m,nr_inodes=100k none %s; }
    fill() { dd if=/dev/zero of=%s/cache/filler bs=4k 2>/dev/null; }
    %s]]):format(store, options, store, store, helper.quote(helper.lamina_path),
    helper.quote(fixtures.busybox_tar()), store, store, text))
  return helper.sh(("%s sh %s"):format(enter, helper.quote(script)))
end

local function check_failure(status, err, what)
  assert.is_true(status == 1 or status == 125, what .. ": " .. status .. err)
  assert.matches("No space left on device", err, 1, true, what)
  assert.matches("hint: free some space there", err, 1, true, what)
end

--- The command fails on the full disk as it should; and when there is space again, the store is
-- whole, empty of leftovers, and the command works.
local function check_command(options, before, command)
  local status, out, err = on_small_disk(options, before .. "\n" .. command .. [[ >/dev/null
    status=$?
    grow; rm -f $LAMINA_ROOT/cache/filler
    $lamina fsck --deep >&3 || exit 98
    ls -A $LAMINA_ROOT/tmp >&3
    ]] .. command .. [[ >/dev/null 2>&3 || exit 97
    exit $status]])
  return status, out, err
end

describe("a full disk", function()
  teardown(helper.cleanup)

  local function each(kind, from, to, before, command)
    local failures = 0
    for step = 0, steps - 1 do
      local n = from + (to - from) * step // math.max(1, steps - 1)
      local what = ("%s=%d"):format(kind, n)
      local log = helper.tmpdir() .. "/log"
      local status, _, err = check_command(what, "exec 3>" .. log .. "\n" .. before, command)
      local told = helper.read(log)
      assert.is_true(status ~= 99 and status ~= 98 and status ~= 97,
        ("%s: %d: %s%s"):format(what, status, told, err))
      assert.matches("no damage\n$", told, 1, false, what)
      if status ~= 0 then
        check_failure(status, err, what)
        failures = failures + 1
      end
    end
    assert.is_true(failures > 0, "no size was too small")
  end

  it("stops an import, whatever the size", function()
    if not can_mount then return pending("no tmpfs can be mounted here") end
    each("size", 64 << 10, 2200 << 10, "", "$lamina import $box box")
  end)

  it("stops an import that needs more inodes", function()
    if not can_mount then return pending("no tmpfs can be mounted here") end
    each("nr_inodes", 4, 90, "", "$lamina import $box box")
  end)

  it("stops a run", function()
    if not can_mount then return pending("no tmpfs can be mounted here") end
    each("size", 2300 << 10, 2500 << 10, "$lamina import $box box >/dev/null || exit 96; fill",
      "$lamina run --rm --network none box true")
  end)

  it("stops a commit", function()
    if not can_mount then return pending("no tmpfs can be mounted here") end
    each("size", 3500 << 10, 3700 << 10, [[$lamina import $box box >/dev/null || exit 96
      $lamina run --network none --name work box dd if=/dev/zero of=/x bs=4k count=100 2>&3
      fill]], "$lamina commit work made")
  end)
end)
