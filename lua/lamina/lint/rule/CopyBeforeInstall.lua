local chain = require "lamina.lint.chain"

-- What installs dependencies, and the files that say which.
local installers = {
  { "npm%s+ci", "package.json and package-lock.json" },
  { "npm%s+install%s*$", "package.json and package-lock.json" },
  { "yarn%s+install", "package.json and yarn.lock" }, { "yarn%s*$", "package.json and yarn.lock" },
  { "pnpm%s+install", "package.json and pnpm-lock.yaml" },
  { "bun%s+install", "package.json and bun.lockb" },
  { "pip3?%s+install%s.*%-r", "requirements.txt" }, { "poetry%s+install", "pyproject.toml" },
  { "pipenv%s+install", "Pipfile" }, { "uv%s+sync", "pyproject.toml and uv.lock" },
  { "bundle%s+install", "Gemfile and Gemfile.lock" },
  { "composer%s+install", "composer.json and composer.lock" },
  { "go%s+mod%s+download", "go.mod and go.sum" }, { "cargo%s+fetch", "Cargo.toml and Cargo.lock" },
  { "mix%s+deps%.get", "mix.exs and mix.lock" }, { "dotnet%s+restore", "the project files" },
  { "mvn%s.*dependency:", "pom.xml" },
}

--- The files that an installer in the command reads; nil where there is none.
local function manifest_of(command)
  for part in chain.parts(command) do
    for _, one in ipairs(installers) do
      if chain.has(part, "%f[%w]" .. one[1]) then return one[2] end
    end
  end
end

local function is_whole(step)
  for _, source in ipairs(step.sources or {}) do
    if source == "." or source == "./" or source == "/" or source == "*" then return true end
  end
  return false
end

return {
  name = "CopyBeforeInstall", level = "advice", needs = "plan",
  summary = "the whole build context is copied before dependencies are installed",
  why = "Any change of any file makes the build install all of them again.",
  check = function(subject, report)
    for _, list in ipairs(chain.all(subject.plan)) do
      local whole, is_told
      for _, step in ipairs(list) do
        if chain.is_from_context(subject.plan, step) and is_whole(step) then
          whole = whole or step
        end
        local manifest = manifest_of(chain.command(step))
        -- where it ran before, what comes now is not what takes long
        if manifest and whole and not is_told then
          report(whole, ("a change of any file repeats line %d"):format(step.line or 1),
            ("copy %s first, install, then copy the rest"):format(manifest))
        end
        is_told = is_told or manifest ~= nil
      end
    end
  end,
}
