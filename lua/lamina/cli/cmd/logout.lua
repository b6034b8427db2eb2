local login = require "lamina.registry.login"

return {
  name = "logout",
  summary = "Forget who you are for a registry",
  usage = "logout [SERVER]",
  help = [[
Takes away what 'lamina login' and 'docker login' have kept. Without a server it is docker.io.]],
  example = "lamina logout quay.io",
  arguments = { { name = "SERVER", optional = true } },
  needs = "loop",
  run = function(context)
    local domain = login.domain(context.arguments[1])
    context.out:line(login.drop(domain) and "Removed the login for %s" or "Not logged in to %s",
      domain)
  end,
}
