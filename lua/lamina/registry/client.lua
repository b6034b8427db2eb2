--- Requests to one endpoint: with a job each, a token where one is wanted, and further tries where
-- they may help.
--
--   local client = client.new(at)                       -- an endpoint
--   local answer = client:request { path = "/v2/…", scope = "repository:a/b:pull", … }
--
-- Options are those of core.http and: path (or url), scope, file = { path =, from =, size = } (a
-- body), progress. Any status below 500 but 429 is an answer; what fails is raised.
local auth = require "lamina.registry.auth"
local authfile = require "lamina.registry.authfile"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local http = require "lamina.core.http"
local json = require "lamina.core.json"
local sched = require "lamina.util.sched"
local retry_after = require("lamina.util.http").retry_after
local settings = require "lamina.registry.settings"

local client = {}

local Client = {}
Client.__index = Client

local longest_pause = 60 -- seconds

local passing_errors = { ETIMEDOUT = true, ECONNREFUSED = true, ECONNRESET = true }
local passing_statuses = { [408] = true, [429] = true, [500] = true, [502] = true, [503] = true,
  [504] = true }

--- `known` are credentials to use instead of those on disk.
function client.new(at, known)
  local self = setmetatable({ at = at, settings = settings.requests() }, Client)
  self.auth = auth.new(at, known)
  self.auth.send = function(request)
    return self:persist(function() return self:send(request) end)
  end
  return self
end

--- The same origin may see who we are; others may not.
local function is_home(self, url)
  local there, here = http.url(url), http.url(self.at.base)
  return there ~= nil and there.origin == here.origin
end

--- One request in a child of its own. A body comes from a file, from its beginning each time.
function Client:send(options)
  local request, progress = {}, options.progress
  for key, value in pairs(options) do request[key] = value end
  request.path, request.scope, request.file, request.progress = nil, nil, nil, nil
  request.stall, request.ca_file = self.settings.stall, self.at.ca_file
  if is_home(self, request.url) then
    request.cert_file, request.key_file = self.at.cert_file, self.at.key_file
  end
  local body <close> = options.file and failure.check(fs.open(options.file.path, "r"))
  if body then
    failure.check(body:seek(options.file.from or 0))
    request.body, request.body_size = body:fd(), options.file.size
  end
  return sched.job_with({ confine = false, progress = progress }, http.request, request)
end

--- How long to wait before the next try: what the registry says, else twice as long each time.
local function pause(self, attempt, answer)
  local seconds = answer and retry_after(answer)
  if seconds then return math.min(seconds, longest_pause) * 1000 end
  return self.settings.pause_ms * (1 << (attempt - 1)) * (0.5 + math.random() / 2)
end

--- Whether a registry asks for more patience than so many tries have.
local function is_too_long(answer, left)
  return (retry_after(answer) or 0) > longest_pause * left
end

--- Calls `try()` until it answers something lasting; at most as often as the settings say, and not
-- at all again where it would be too early each time.
function Client:persist(try)
  for attempt = 1, self.settings.tries do
    local ok, answer = pcall(try)
    local passes = ok and passing_statuses[answer.status]
      or (not ok and failure.is(answer) and passing_errors[answer.errno])
    local left = self.settings.tries - attempt
    if not passes or left == 0 or (ok and is_too_long(answer, left)) then
      if ok then return answer end
      error(answer, 0)
    end
    sched.sleep(pause(self, attempt, ok and answer or nil))
  end
end

--- Sends it with what the endpoint wants to see, and once more after a challenge. Answers any
-- status, raises what the network does.
function Client:once(options)
  local headers = {}
  for name, value in pairs(options.headers or {}) do headers[name] = value end
  local request = {}
  for key, value in pairs(options) do request[key] = value end
  request.url = options.url or self.at.base .. options.path
  request.headers = headers
  local at_home = is_home(self, request.url)
  if at_home then headers.Authorization = self.auth:header(options.scope) end
  local answer = self:send(request)
  local header = answer.status == 401 and at_home
    and self.auth:learn(answer, options.scope, headers.Authorization)
  if not header then return answer end
  headers.Authorization = header
  return self:send(request)
end

function Client:request(options)
  return self:persist(function() return self:once(options) end)
end

--- The first thing that a registry's error document says.
local function said(answer)
  local document = json.decode(answer.body or "")
  local list = type(document) == "table" and document.errors
  local first = type(list) == "table" and list[1]
  if type(first) ~= "table" then return nil end
  local text = type(first.message) == "string" and first.message ~= "" and first.message
    or first.code
  return type(text) == "string" and text:sub(1, 300) or nil
end

--- What may help against a 401.
local function introduction(at)
  local missing = authfile.missing()
  return ("`lamina login %s` tells who you are%s"):format(at.registry, missing
    and ("; REGISTRY_AUTH_FILE names %s, which isn't there"):format(missing) or "")
end

--- What may help against a 429.
local function patience(answer)
  local seconds = retry_after(answer)
  if not seconds then return "the registry asks for patience; try again later" end
  return ("the registry asks to wait %d seconds: try again after %s"):format(seconds,
    os.date("!%Y-%m-%dT%H:%M:%SZ", os.time() + seconds))
end

--- Raises what an answer says that isn't the one hoped for; `what` was asked for.
function Client:refuse(answer, what)
  local at, status, hint = self.at, answer.status, nil
  local words = said(answer)
  if status == 401 or status == 403 then
    hint = introduction(at)
  elseif status == 429 then
    hint = patience(answer)
  end
  failure.raise(status == 404 and "not-found" or "system",
    ("%s: %s: status %d%s"):format(at.host, what, status, words and " (" .. words .. ")" or ""),
    { hint = hint, http = status })
end

return client
