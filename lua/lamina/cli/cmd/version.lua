local version = require "lamina.util.version"

--- The kernel's release; "unknown" where /proc isn't there.
local function kernel()
  local file <close> = io.open("/proc/sys/kernel/osrelease")
  return file and file:read("l") or "unknown"
end

--- Versions of the libraries that tell theirs: loads them, so only when asked for.
local function libraries()
  local failure = require "lamina.util.failure"
  local db <close> = failure.check(require("lamina.core.database").open(":memory:"))
  return {
    libuv = require("luv").version_string(),
    SQLite = failure.check(db:row("SELECT sqlite_version() AS version")).version,
  }
end

local function run(context)
  local facts = { version = version, lua = _VERSION:match("%d.*"), kernel = kernel() }
  if context.options.verbose or context.options.json then facts.libraries = libraries() end
  if context.options.json then return context.out:json(facts) end
  context.out:line("lamina %s", facts.version)
  context.out:line("Lua %s, Linux %s", facts.lua, facts.kernel)
  for _, name in ipairs { "libuv", "SQLite" } do
    if facts.libraries then context.out:line("%s %s", name, facts.libraries[name]) end
  end
end

return {
  name = "version",
  summary = "Show the version",
  usage = "version [OPTIONS]",
  example = "lamina version --json",
  options = {
    { long = "verbose", short = "v", help = "with the versions of the libraries" },
    { long = "json", help = "everything as JSON" },
  },
  run = run,
}
