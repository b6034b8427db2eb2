--- Programs that keep credentials, docker-credential-NAME: a word says what to do, standard input
-- of whom, standard output has what they know.
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local json = require "lamina.core.json"
local namespace = require "lamina.core.namespace"
local sched = require "lamina.util.sched"

local helper = {}

local longest = 1 << 20

local function program_of(name)
  if name:match("^[%w_][%w_.-]*$") then return "docker-credential-" .. name end
  failure.raise("invalid-input", ("'%s' is no name of a credential helper"):format(name))
end

local function spawn(program, action, stdin, stdout)
  local null <close> = failure.check(fs.open("/dev/null", "w"))
  local process, err = namespace.spawn { args = { program, action }, stdin = stdin:fd(),
    stdout = stdout:fd(), stderr = null:fd() }
  if process then return process end
  failure.raise("system", ("%s: %s"):format(program, err.message),
    { errno = err.errno, hint = "the file with credentials names this helper" })
end

local function read_all(file)
  local parts, size = {}, 0
  while true do
    sched.readable(file:fd())
    local part = failure.check(file:read())
    if part == "" then return table.concat(parts) end
    parts[#parts + 1], size = part, size + #part
    if size > longest then failure.raise("system", "a credential helper doesn't end") end
  end
end

--- Runs it; answers its exit status and what it wrote.
local function run(name, action, input)
  local program = program_of(name)
  local in_reader <close>, in_writer = failure.check(fs.pipe())
  local feed <close> = in_writer
  local out_reader <close>, out_writer = failure.check(fs.pipe())
  local _out <close> = out_writer
  local process <close> = spawn(program, action, in_reader, out_writer)
  in_reader:close()
  out_writer:close()
  feed:write(input) -- smaller than a pipe holds
  feed:close()
  local said = read_all(out_reader)
  return sched.process(process), said, program
end

--- The credentials for a server; nil where it knows none.
function helper.get(name, server)
  local status, said, program = run(name, "get", server)
  if status.exited ~= 0 then
    if said:find("not found", 1, true) then return nil end
    failure.raise("system", ("%s: %s"):format(program, said:match("^[^\n]*")))
  end
  local answer = json.decode(said)
  if type(answer) ~= "table" or type(answer.Username) ~= "string"
    or type(answer.Secret) ~= "string" then
    failure.raise("invalid-input", program .. ": Username and Secret expected")
  end
  if answer.Username == "<token>" then return { identity_token = answer.Secret } end
  return { username = answer.Username, password = answer.Secret }
end

local function must(status, said, program)
  if status.exited == 0 then return end
  failure.raise("system", ("%s: %s"):format(program, said:match("^[^\n]*")))
end

function helper.store(name, server, known)
  must(run(name, "store", failure.check(json.encode { ServerURL = server,
    Username = known.username or "<token>", Secret = known.password or known.identity_token })))
end

function helper.erase(name, server)
  must(run(name, "erase", server))
end

return helper
