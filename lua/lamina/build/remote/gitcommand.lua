--- The git program of the host, with nothing of the host's configuration and no way to run
-- something else: no hooks, filters, templates, credential helpers, prompts or odd protocols
-- (SECURITY: CVE-2024-32002 and its kin).
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local program = require "lamina.exec.program"

local gitcommand = {}

local Git = {}
Git.__index = Git

local configuration = [[
[core]
	hooksPath = /dev/null
	fsmonitor = false
	attributesFile = /dev/null
	excludesFile = /dev/null
	logAllRefUpdates = false
	symlinks = true
	fileMode = true
	autocrlf = false
	protectHFS = true
	protectNTFS = true
[init]
	templateDir =
	defaultBranch = main
[protocol]
	allow = never
[protocol "https"]
	allow = always
[protocol "http"]
	allow = always
[protocol "ssh"]
	allow = always
[protocol "git"]
	allow = always
[credential]
	helper =
[transfer]
	fsckObjects = false
[fetch]
	fsckObjects = false
[gc]
	auto = 0
[maintenance]
	auto = false
[safe]
	directory = *
[advice]
	detachedHead = false
[http]
	lowSpeedLimit = 1024
	lowSpeedTime = 60
]]

-- What of our environment it has: how to reach the world, and ssh's own.
local passed = { "PATH", "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
  "no_proxy", "NO_PROXY", "SSH_AUTH_SOCK" }

local function environment(dir, is_ssh)
  local env = {
    "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" .. dir .. "/config", "GIT_TERMINAL_PROMPT=0",
    "GIT_ASKPASS=/bin/false", "SSH_ASKPASS=/bin/false", "GIT_ALLOW_PROTOCOL=https:http:ssh:git",
    "GIT_PROTOCOL_FROM_USER=0", "GIT_ATTR_NOSYSTEM=1", "GIT_LFS_SKIP_SMUDGE=1",
    "GIT_SSH_COMMAND=ssh -oBatchMode=yes", "LC_ALL=C",
    "HOME=" .. (is_ssh and os.getenv("HOME") or dir), -- ssh has its known hosts there
  }
  for _, name in ipairs(passed) do
    local value = os.getenv(name)
    if value then env[#env + 1] = name .. "=" .. value end
  end
  local ca_file = os.getenv("SSL_CERT_FILE")
  if ca_file then env[#env + 1] = "GIT_SSL_CAINFO=" .. ca_file end
  return env
end

--- A git for one repository; `dir` is a folder of its own.
function gitcommand.new(dir, url)
  failure.check(fs.write(dir .. "/config", configuration))
  local is_ssh = url:find("^ssh://") or not url:find("://", 1, true)
  return setmetatable({ env = environment(dir, is_ssh), url = url }, Git)
end

-- Files are 0644 or 0755 whatever the caller's umask is (SEMANTICS 58). The words are arguments:
-- the shell reads none of them.
local prelude = { "/bin/sh", "-c", 'umask 022; exec git "$@"', "git" }

--- Runs git; answers whether it went well, its lines and what it complained of.
function Git:try(...)
  local args = table.move(prelude, 1, #prelude, 1, {})
  for _, word in ipairs { ... } do args[#args + 1] = word end
  local status, lines, errors = program.try { args = args, env = self.env }
  if status.exited == 127 then
    failure.raise("system", "git: the program isn't there", { hint = "install git" })
  end
  return status.exited == 0, lines, errors
end

--- The same for what has to go well.
function Git:run(...)
  local ok, lines, errors = self:try(...)
  if ok then return lines end
  self:complain(errors)
end

--- Raises what git says of a repository.
function Git:complain(errors)
  local why = "git has failed"
  for _, line in ipairs(errors) do
    local said = line:match("^fatal: (.*)") or line:match("^error: (.*)")
    if said then
      why = said
      break
    end
  end
  failure.raise("system", ("%s: %s"):format(self.url, why),
    { detail = #errors > 1 and table.concat(errors, "\n", math.max(1, #errors - 9)) or nil })
end

return gitcommand
