--- Requests over http and https from a task: in a child, with further tries, failures worded.
--
--   local answer = http.request { url = "https://example.org/x", output = file:fd() }
--
-- The options are lamina.core.http's, and `tries` (3), `progress` (called with { done=, total= }).
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local sched = require "lamina.util.sched"
local text = require "lamina.util.text"

local http = {}

-- A server that answers so may do better soon.
local passing = { [408] = true, [429] = true, [500] = true, [502] = true, [503] = true,
  [504] = true }
local passing_errors = { ETIMEDOUT = true, ECONNREFUSED = true, ECONNRESET = true }

local first_delay, longest_delay = 0.25, 60

local function once(request, progress)
  local core = require "lamina.core.http"
  return sched.job_with({ confine = false, progress = progress }, core.request, request)
end

local months = { Jan = 1, Feb = 2, Mar = 3, Apr = 4, May = 5, Jun = 6, Jul = 7, Aug = 8, Sep = 9,
  Oct = 10, Nov = 11, Dec = 12 }

--- A header's time ("Tue, 15 Nov 1994 12:45:26 GMT") as seconds, nil when it is none.
function http.time(value)
  local day, month, year, clock = value:match("^%a+, (%d%d) (%a+) (%d%d%d%d) (%d%d:%d%d:%d%d) GMT$")
  if not months[month] then return nil end
  return (text.parse_time(("%s-%02d-%sT%sZ"):format(year, months[month], day, clock)))
end

--- Seconds that an answer asks to wait, given as such or as a time (RFC 9110, 10.2.3); nil where it
-- doesn't.
function http.retry_after(answer)
  local value = (answer.headers["retry-after"] or ""):match("^%s*(.-)%s*$")
  if value:find("^%d+$") then return tonumber(value) end
  local moment = http.time(value)
  return moment and math.max(moment - os.time(), 0)
end

--- Seconds until the next try: what the server asks for, up to a minute, else twice as long each
-- time, and not for everybody at the same moment.
local function delay_of(answer, try)
  local asked = answer and http.retry_after(answer)
  if asked then return math.min(asked, longest_delay) end
  return first_delay * 2 ^ (try - 1) * (0.5 + math.random())
end

--- The answer, or nil and the failure; and whether another try may help.
local function attempt(request, progress)
  local ok, answer = pcall(once, request, progress)
  if ok then return answer, nil, passing[answer.status] end
  if not failure.is(answer) then error(answer, 0) end
  return nil, answer, passing_errors[answer.errno]
end

--- Where the next try goes on: what has come is kept where a digest will tell whether it was right.
local function resume(request, answer, err)
  local is_wrong = err and err.errno == "EBADMSG" or answer and answer.status == 416
  if not request.output or not request.digest or is_wrong then return 0 end
  return failure.check(fs.stat("/proc/self/fd/" .. request.output)).size
end

--- The answer, whatever its status is; what keeps one from coming is raised.
function http.request(options)
  local request, tries = {}, options.tries or 3
  for key, value in pairs(options) do request[key] = value end
  request.tries, request.progress = nil, nil
  request.agent = request.agent or "lamina/" .. require "lamina.util.version"
  request.ca_file = request.ca_file or os.getenv "SSL_CERT_FILE"
  for try = 1, tries do
    local answer, err, may_help = attempt(request, options.progress)
    may_help = may_help or (request.resume or 0) > 0 and resume(request, answer, err) == 0
    if not may_help or try == tries then
      return answer or error(err, 0)
    end
    request.resume = resume(request, answer, err)
    sched.sleep(delay_of(answer, try) * 1000)
  end
end

local reasons = {
  [401] = "it wants credentials", [403] = "it refuses this", [404] = "it isn't there",
  [410] = "it isn't there any more", [429] = "too many requests",
}

--- Raises a failure unless the status is one of the 2xx, or `also`.
function http.check(answer, url, also)
  local status = answer.status
  if status >= 200 and status < 300 or status == also then return answer end
  local kind = (status == 404 or status == 410) and "not-found" or "system"
  local reason = reasons[status] and ": " .. reasons[status] or ""
  failure.raise(kind, ("%s: HTTP status %d%s"):format(url, status, reason))
end

return http
