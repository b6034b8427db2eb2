-- What layer.copy makes of files that say something to lamina itself, and of what can't be copied.
local at_home = require "support.at_home"
local helper = require "support.helper"

-- copy(from, to, options): all of the directory `from` into `to`, which may be there.
local prelude = [=[
  local function copy(from, to, options)
    assert(fs.mkdirs(dir .. "/" .. to))
    local source <close> = assert(fs.open(dir .. "/" .. from, "dir"))
    local target <close> = assert(fs.open(dir .. "/" .. to, "dir"))
    local given = { from = source:fd(), to = target:fd(), destination = "/", raw = true,
      sources = { { path = "", name = "" } } }
    for key, value in pairs(options or {}) do given[key] = value end
    return assert(layer.copy(given))
  end

  local function mark(name, owner)
    local at = dir .. "/" .. name
    assert(os.execute("setfattr -n user.lamina.device -v b:8:0:0:0:644 " .. at))
    assert(os.execute("setfattr -n user.lamina.xattr.trusted.x -v 1 " .. at))
    if owner then assert(fs.chown(at, owner, owner)) end
  end
]=]

describe("layer.copy", function()
  after_each(helper.cleanup)

  it("takes marks along from our own files only: others can set them, too", function()
    at_home(prelude .. [=[
      unpack("t", { { "mine" }, { "theirs" }, { "d/" } })
      local other = home.ids > 1 and 1000 or nil
      mark "t/mine"
      if other then mark("t/theirs", other) mark("t/d", other) end
      copy("t", "copied", { chown = { 0, 0 } })
      local list = tar.list((pack "copied"))
      equal("d/ mine theirs", names((pack "copied")))
      equal(0, #list[1].pax)
      equal("1", list[2].pax["SCHILY.xattr.trusted.x"])
      equal("0", list[3].type)
      equal(0, #list[3].pax)
    ]=])
  end)

  it("takes none along from what was never a layer, whoever owns it", function()
    at_home(prelude .. [=[
      unpack("t", { { "f", body = "1" }, { "empty" }, { "d/" } })
      for _, name in ipairs { "f", "empty", "d" } do mark("t/" .. name) end
      copy("t", "copied", { foreign = true, reset_owner = true })
      for _, entry in ipairs((tar.list((pack "copied")))) do
        equal(entry[1] == "d/" and "5" or "0", entry.type)
        equal(0, #entry.pax)
      end
    ]=])
  end)

  it("takes off the marks that someone else's directory has when that becomes ours", function()
    at_home(prelude .. [=[
      if home.ids == 1 then return end
      unpack("t", { { "d/" } })
      unpack("there", { { "d/" } })
      mark("there/d", 1000)
      copy("t", "there")
      equal("d/ 755", tree.describe(dir .. "/there"))
    ]=])
  end)

  it("makes a device of a device, or what stands for it, with the owner it is to have", function()
    at_home(prelude .. [=[
      local function shown(name)
        local list = {}
        for i, e in ipairs((tar.list((pack(name))))) do
          list[i] = ("%s %s %o %d:%d"):format(e[1], e.type, e.mode, e.uid, e.gid)
        end
        return table.concat(list, "; ")
      end
      local other = home.ids > 1 and 5 or 0
      copy("../../dev", "host", { chown = { other, other }, chmod = "640", foreign = true,
        sources = { { path = "null", name = "null" } } })
      equal(("null 3 640 %d:%d"):format(other, other), shown "host")

      unpack("t", { { "disk", type = "4", major = 8, uid = other, gid = other, mode = 384 } })
      copy("t", "kept")
      equal(("disk 4 600 %d:%d"):format(other, other), shown "kept")
      copy("t", "reset", { reset_owner = true })
      equal("disk 4 600 0:0", shown "reset")
      if other == 0 then return end
      copy("t", "given", { chown = { 7, 8 } })
      equal("disk 4 600 7:8", shown "given")
      copy("given", "again")
      equal("disk 4 600 7:8", shown "again")
    ]=])
  end)

  it("leaves out further names of a socket, too", function()
    at_home(prelude .. [=[
      assert(fs.mkdir(dir .. "/t"))
      assert(os.execute(([[python3 -c '
import os, socket
os.chdir("%s/t")
socket.socket(socket.AF_UNIX).bind("s")
os.link("s", "s2")
open("f", "w")']]):format(dir)))
      equal(0, copy("t", "copied").left_out)
      equal("f", table.concat(fs.list(dir .. "/copied"), " "))
    ]=])
  end)

  it("leaves out each name of a device where nothing may have power", function()
    at_home(prelude .. [=[
      unpack("t", { { "a", type = "3", major = 1, minor = 3 }, { "b", type = "1", link = "a" },
        { "f" }, { "g", type = "1", link = "f" } })
      equal(2, copy("t", "copied", { powerless = true }).left_out)
      equal("f 644; g = f", tree.describe(dir .. "/copied"))
    ]=])
  end)
end)
