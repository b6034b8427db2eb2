local check = require "lamina.util.check"
local scope = require "lamina.lint.scope"
local variables = require "lamina.lint.variables"

-- What well-known images set, for when the image isn't in the store.
local usual = {}
for name in ([[HOME HOSTNAME LANG GOPATH GOROOT GOLANG_VERSION JAVA_HOME JAVA_VERSION MAVEN_HOME
  MAVEN_CONFIG GRADLE_HOME CARGO_HOME RUSTUP_HOME RUST_VERSION NODE_VERSION YARN_VERSION
  PYTHON_VERSION PYTHON_SHA256 RUBY_VERSION GEM_HOME BUNDLE_APP_CONFIG PHP_VERSION PHP_INI_DIR
  APACHE_DOCUMENT_ROOT APACHE_CONFDIR APACHE_ENVVARS NGINX_VERSION PGDATA PG_MAJOR PG_VERSION
  LD_LIBRARY_PATH APP_UID
  CATALINA_HOME TOMCAT_VERSION DOTNET_VERSION ASPNET_VERSION CONDA_DIR JENKINS_HOME]])
  :gmatch("%S+") do
  usual[name] = true
end

-- To look for the nearest of many names takes its time: what is wrong everywhere needs it no more.
local most_suggestions = 20

local function sorted(set)
  local names = {}
  for name in pairs(set) do names[#names + 1] = name end
  table.sort(names)
  return names
end

--- The arguments of one ARG see those before them: name -> the first place where it is declared.
local function declarations(instruction)
  local places = {}
  for i, word in ipairs(instruction.instruction == "ARG" and instruction.args or {}) do
    local name = word:match("^[^=]*")
    places[name] = places[name] or i
  end
  return places
end

return {
  name = "UndefinedVar", level = "warning", needs = "dockerfile",
  summary = "a variable is used that nothing has set",
  why = "It is empty there, which is seldom meant.",
  check = function(subject, report)
    local left = most_suggestions
    scope.each(subject, function(instruction, at)
      local places = declarations(instruction)
      for _, variable in ipairs(variables.of(instruction, subject.file.escape)) do
        local name = variable.name
        local is_known = at.names[name] or variable.has_default or at.has_custom
          or (places[name] or math.huge) < (variable.arg or 0) or at.is_open and usual[name]
        if not is_known then
          local near = left > 0 and check.suggest(name, sorted(at.names))
          left = left - 1
          report(instruction.line, ("the variable '$%s' isn't set here"):format(name),
            near and ("did you mean $%s?"):format(near)
              or ("ARG %s or ENV %s=… before it"):format(name, name))
        end
      end
    end)
  end,
}
