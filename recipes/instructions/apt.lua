-- APT [--no-update] [--recommends] PACKAGE …: Debian packages in one step, whose lists and archives
-- stay out of the image.
--
--   use "apt"                                      # lamina: use=apt
--   stage:apt { "git", "curl" }                    APT git curl
instruction("apt", {
  help = "Install Debian packages",
  args = { form = "list", least = 1 },
  flags = {
    { name = "recommends", kind = "boolean", help = "install what they recommend, too" },
    { name = "no-update", kind = "boolean", help = "use the lists that are in the image" },
    { name = "no-upgrade", kind = "boolean", help = "leave those that are there as they are" },
  },
  apply = function(stage, call)
    for _, name in ipairs(call.args) do
      if not name:find("^[%w][%w.+:~=/_-]*$") then
        call.fail(("'%s' is no package's name"):format(name), "as in git or git=1:2.39.5-0")
      end
    end
    local install = "apt-get install -y"
    if not call.flags.recommends then install = install .. " --no-install-recommends" end
    if call.flags.no_upgrade then install = install .. " --no-upgrade" end
    local parts = { install .. " " .. shell.quote(call.args), "apt-get clean" }
    if not call.flags.no_update then
      table.insert(parts, 1, "apt-get update")
      parts[#parts + 1] = "rm -rf /var/lib/apt/lists/*"
    end
    return stage:run("export DEBIAN_FRONTEND=noninteractive && " .. table.concat(parts, " && "))
  end,
})
