local failure = require "lamina.util.failure"
local login = require "lamina.registry.login"
local terminal = require "lamina.core.terminal"

local longest = 64 * 1024

local function ask(prompt)
  io.stderr:write(prompt)
  return io.read("l") or ""
end

--- A line that isn't shown while it is typed.
local function ask_hidden(prompt)
  io.stderr:write(prompt)
  local bytes = {}
  do
    local _raw <close> = failure.check(terminal.raw(0))
    while true do
      local byte = io.stdin:read(1)
      if not byte or byte == "\r" or byte == "\n" then break end
      if byte == "\3" or byte == "\4" then
        failure.raise("interrupted", "login: interrupted")
      elseif byte == "\127" or byte == "\8" then
        bytes[#bytes] = nil
      else
        bytes[#bytes + 1] = byte
      end
    end
  end
  io.stderr:write("\n")
  return table.concat(bytes)
end

local function needs_terminal(what, hint)
  if terminal.is_terminal(0) and terminal.is_terminal(2) then return end
  failure.raise("usage", ("login: nobody can be asked for the %s"):format(what), { hint = hint })
end

local function user_of(options)
  if options.username then return options.username end
  needs_terminal("user name", "give it with --username")
  return ask("Username: ")
end

local function password_of(options)
  if options.password_stdin then
    return ((io.stdin:read(longest) or ""):gsub("\r?\n$", ""))
  end
  needs_terminal("password", "pass it on standard input, with --password-stdin")
  return ask_hidden("Password: ")
end

local function run(context)
  local options = context.options
  if options.password_stdin and not options.username then
    failure.raise("usage", "login: --password-stdin needs --username")
  end
  local domain = login.domain(context.arguments[1])
  local known = { username = user_of(options), password = password_of(options) }
  if known.username == "" or known.username:find(":", 1, true) or known.password == "" then
    failure.raise("usage", known.password == "" and "login: the password is empty"
      or "login: a user name isn't empty and has no ':'")
  end
  local ok, err = pcall(login.try, domain, known)
  if not ok then error(failure.wrap(err, "login " .. domain), 0) end
  context.out:line("Login Succeeded, kept in %s", login.keep(domain, known))
end

return {
  name = "login",
  summary = "Tell a registry who you are, and keep it",
  usage = "login [OPTIONS] [SERVER]",
  help = [[
The registry is asked whether it takes the user name and password. They are kept where Docker keeps
them ($DOCKER_CONFIG/config.json, ~/.docker/config.json), for their owner alone to read, or with the
credential helper that this file names. Without a server it is docker.io. Where nothing is to be
kept, DOCKER_AUTH_CONFIG may have the text of such a file.]],
  example = "lamina login --username me --password-stdin quay.io <token",
  arguments = { { name = "SERVER", optional = true } },
  options = {
    { long = "password-stdin", help = "read the password from standard input" },
    { long = "username", short = "u", value = "NAME", help = "who you are" },
  },
  needs = "loop",
  run = run,
}
