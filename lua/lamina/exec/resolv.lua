--- The resolv.conf that a command sees, made from the host's (SEMANTICS 64).
local resolv = {}

-- Where slirp4netns answers names itself, with the host's own resolver behind it.
local slirp_resolver = "10.0.2.3"

local function nameserver(line)
  return line:match("^%s*nameserver%s+(%S+)")
end

local function is_loopback(address)
  return address:find("^127%.") ~= nil or address == "::1"
end

--- Whether a network of one's own reaches an address: loopback is another one's there, and the
-- helper forwards IPv4 only.
local function is_reachable(address)
  return not is_loopback(address) and not address:find(":", 1, true)
end

local function lines_of(text)
  local lines = {}
  for line in text:gmatch("[^\n]+") do
    if not line:find("^%s*[#;]") then lines[#lines + 1] = line end
  end
  return lines
end

--- Whether a resolv.conf names systemd-resolved's stub and nothing else: the real servers are
-- then in /run/systemd/resolve/resolv.conf.
function resolv.is_stub(text)
  local count, stub = 0, false
  for _, line in ipairs(lines_of(text)) do
    local address = nameserver(line)
    if address then count, stub = count + 1, address == "127.0.0.53" end
  end
  return count == 1 and stub
end

--- The lines without the resolvers that aren't to be kept, and whether one is left.
local function filter(lines, keeps)
  local kept, has_server = {}, false
  for _, line in ipairs(lines) do
    local address = nameserver(line)
    if not address or keeps(address) then kept[#kept + 1] = line end
    has_server = has_server or (address ~= nil and keeps(address))
  end
  return kept, has_server
end

local function joined(lines)
  return #lines > 0 and table.concat(lines, "\n") .. "\n" or ""
end

--- The text for a kind of network: "host" as the host has it, "none" without any resolver,
-- "default" with those that an isolated network reaches.
function resolv.text(host, kind)
  if kind == "host" then return host end
  if kind == "none" then return "" end
  local kept, has_server = filter(lines_of(host), is_reachable)
  if not has_server then table.insert(kept, 1, "nameserver " .. slirp_resolver) end
  return joined(kept)
end

return resolv
