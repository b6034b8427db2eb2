local chain = require "lamina.lint.chain"

-- What fetches a package manager's lists, where they are, and what says that they aren't kept.
local managers = {
  { name = "apt", uses = { "%f[%w]apt%-get%s.*update", "%f[%w]apt%s.*update" },
    folder = "/var/lib/apt", removal = { "rm%s.*/var/lib/apt/lists" },
    fix = "&& rm -rf /var/lib/apt/lists/* behind it, or a cache mount on /var/lib/apt" },
  { name = "apk", uses = { "%f[%w]apk%s.*add", "%f[%w]apk%s.*update" }, folder = "/var/cache/apk",
    removal = { "%-%-no%-cache", "rm%s.*/var/cache/apk" }, fix = "apk add --no-cache …" },
  { name = "dnf", uses = { "%f[%w]dnf%s.*install", "%f[%w]yum%s.*install" }, folder = "/var/cache",
    removal = { "dnf%s.*clean", "yum%s.*clean", "rm%s.*/var/cache/" },
    fix = "&& dnf clean all behind it, or a cache mount on /var/cache/dnf" },
}

local function matches(text, patterns)
  for part in chain.parts(text) do
    for _, pattern in ipairs(patterns) do
      if chain.has(part, pattern) then return true end
    end
  end
  return false
end

local function is_mounted(step, folder)
  for _, mount in ipairs(step.mounts or {}) do
    if (mount.target or ""):sub(1, #folder) == folder then return true end
  end
  return false
end

--- Whether a later step of the same layer takes them away.
local function is_removed(list, at, removal)
  local _, last = chain.group(list, at)
  for i = at, last do
    if matches(chain.command(list[i]), removal) then return true end
  end
  return false
end

return {
  name = "PackageListsKept", level = "advice", needs = "plan",
  summary = "the lists of a package manager stay in a layer",
  why = "They are tens of megabytes that nothing in the image reads.",
  check = function(subject, report)
    for _, list in ipairs(chain.shipped(subject.plan)) do
      for i, step in ipairs(list) do
        local command = chain.command(step)
        for _, manager in ipairs(managers) do
          if command ~= "" and matches(command, manager.uses)
            and not is_mounted(step, manager.folder)
            and not is_removed(list, i, manager.removal) then
            report(step, ("the lists of %s stay in this layer"):format(manager.name),
              manager.fix)
          end
        end
      end
    end
  end,
}
