--- One connection to our registry: requests in, answers out, one after the other (HTTP/1.1).
--
--   connection.run(client, answer)     -- a luv TCP handle; answer(request) tells what to send
--
-- A request is { method =, path =, headers = }; an answer { status =, headers =, body = text, or
-- path = file and size = }. Bodies of requests aren't read: nothing here takes one.
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local sched = require "lamina.util.sched"

local connection = {}

local Connection = {}
Connection.__index = Connection

local longest_head, block = 16 * 1024, 256 * 1024

local reasons = { [200] = "OK", [206] = "Partial Content", [400] = "Bad Request",
  [403] = "Forbidden", [404] = "Not Found", [405] = "Method Not Allowed",
  [416] = "Range Not Satisfiable", [500] = "Internal Server Error" }

function Connection:wait()
  sched.suspend(function(wake) self.wake = wake end)
  self.wake = nil
end

function Connection:receive(chunk)
  if not chunk or #self.buffer > longest_head then self.has_ended = true end
  self.buffer = self.buffer .. (chunk or "")
  if self.wake then self.wake() end
end

--- Waits until all of it is on its way; false when nobody takes it any more.
function Connection:write(text)
  local problem
  sched.suspend(function(wake)
    local ok = self.client:write(text, function(err)
      problem = err
      wake()
    end)
    if not ok then
      problem = "closed"
      wake()
    end
  end)
  return problem == nil
end

local function parse(head)
  local method, path = head:match("^(%u+) (/[^%s]*) HTTP/1%.[01]\r\n")
  if not method then return nil end
  local headers = {}
  for name, value in head:gmatch("\r\n([^:%s]+):[ \t]*([^\r\n]*)") do
    headers[name:lower()] = value
  end
  return { method = method, path = path, headers = headers }
end

--- The next request; nil at the end, false for what is none.
function Connection:request()
  while true do
    local _, stop = self.buffer:find("\r\n\r\n", 1, true)
    if stop then
      local head = self.buffer:sub(1, stop)
      self.buffer = self.buffer:sub(stop + 1)
      return parse(head) or false
    elseif self.has_ended or #self.buffer > longest_head then
      if self.buffer == "" then return nil end
      return false
    end
    self:wait()
  end
end

--- Which part of so many bytes a header Range asks for ("bytes=-5" are the last five); nil for all,
-- false for none that there is.
local function range_of(request, size)
  local first, last = (request.headers.range or ""):match("^bytes=(%d*)%-(%d*)$")
  if not first or first .. last == "" or #first > 18 or #last > 18 then return nil end
  first, last = math.tointeger(tonumber(first)), math.tointeger(tonumber(last))
  if not first then first, last = math.max(size - last, 0), size - 1 end
  last = last or size - 1
  last = math.min(last, size - 1)
  if first > last then return false end
  return first, last
end

function Connection:send_head(status, headers)
  local lines = { ("HTTP/1.1 %d %s"):format(status, reasons[status] or "-") }
  for name, value in pairs(headers) do lines[#lines + 1] = ("%s: %s"):format(name, value) end
  table.sort(lines, function(a, b) return a:find "^HTTP" and not b:find "^HTTP" or
    (not b:find "^HTTP" and a < b) end)
  return self:write(table.concat(lines, "\r\n") .. "\r\n\r\n")
end

function Connection:send_file(path, first, count)
  local file <close> = failure.check(fs.open(path, "r", { regular = true, follow = false }))
  failure.check(file:seek(first))
  while count > 0 do
    local part = failure.check(file:read(math.min(block, count)))
    if part == "" then return false end -- it was cut meanwhile: the other side sees too little
    count = count - #part
    if not self:write(part) then return false end
  end
  return true
end

--- Sends an answer; false when the connection is to end.
function Connection:answer(request, answer)
  local headers, status = answer.headers or {}, answer.status
  local size = answer.size or #(answer.body or "")
  local first, last = 0, size - 1
  headers["Accept-Ranges"] = answer.path and "bytes" or nil
  if status == 200 and answer.path and request.headers.range then
    first, last = range_of(request, size)
    if first == false then
      status, headers["Content-Range"], first, last = 416, ("bytes */%d"):format(size), 0, -1
    elseif first then
      status, headers["Content-Range"] = 206, ("bytes %d-%d/%d"):format(first, last, size)
    end
    first, last = first or 0, last or size - 1
  end
  headers["Content-Length"] = last - first + 1
  if not self:send_head(status, headers) then return false end
  if request.method == "HEAD" or status == 416 then return true end
  if answer.path then return self:send_file(answer.path, first, last - first + 1) end
  return answer.body == nil or answer.body == "" or self:write(answer.body)
end

local function serve(self, answer)
  while true do
    local request = self:request()
    if request == nil then return end
    if not request then
      self:answer({ method = "GET", headers = {} }, { status = 400 })
      return
    end
    local goes_on = self:answer(request, answer(request))
    local has_body = request.headers["content-length"] or request.headers["transfer-encoding"]
    if not goes_on or has_body or request.headers.connection == "close" then return end
  end
end

--- Serves it until it ends. What fails here is the other side's concern.
function connection.run(client, answer)
  local self = setmetatable({ client = client, buffer = "" }, Connection)
  local _closed <close> = setmetatable({}, { __close = function()
    if not client:is_closing() then client:close() end
  end })
  client:read_start(function(err, chunk) self:receive(not err and chunk or nil) end)
  local ok, err = pcall(serve, self, answer)
  if not ok and not failure.is(err) then error(err, 0) end
end

return connection
