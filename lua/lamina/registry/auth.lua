--- How an endpoint is shown who we are: nothing at first, then what its challenge asks for.
--
--   local auth = auth.new(at)                      -- an endpoint
--   request.headers.Authorization = auth:header(scope)
--   if answer.status == 401 then header = auth:learn(answer, scope, header) … once more … end
--
-- Tokens are kept for as long as they last. A password is shown to the endpoint itself, and to a
-- token server that is at home with it or was listed (REG-02).
local base64 = require "lamina.util.base64"
local challenge = require "lamina.registry.challenge"
local credentials = require "lamina.registry.credentials"
local failure = require "lamina.util.failure"
local http = require "lamina.core.http"
local json = require "lamina.core.json"
local sched = require "lamina.util.sched"
local settings = require "lamina.registry.settings"

local auth = {}

local Auth = {}
Auth.__index = Auth

local shortest_life, margin = 60, 10 -- seconds
local client_id = "lamina"

-- Token servers that are known to belong to a registry elsewhere.
local known_servers = { ["docker.io"] = "auth.docker.io", ["registry.gitlab.com"] = "gitlab.com" }

--- `known` are credentials to use instead of those on disk (login).
function auth.new(at, known)
  return setmetatable({ at = at, tokens = {}, found = {}, given = known }, Auth)
end

--- The credentials for a repository, nil for an anonymous visitor.
function Auth:credentials(repository)
  if self.given then return self.given end
  local key = repository or ""
  if self.found[key] == nil then
    self.found[key] = credentials.find(self.at, repository) or false
  end
  return self.found[key] or nil
end

--- "repository:a/b:pull" -> "a/b".
local function repository_of(scope)
  return scope and scope:match("^repository:([^:]+):")
end

local function basic(known)
  return "Basic " .. base64.encode(known.username .. ":" .. (known.password or ""))
end

--- Whether two hosts are siblings: "registry.example.com" and "auth.example.com".
local function is_sibling(host, other)
  local name, domain = host:gsub(":%d+$", ""), host:match("^[^.]+%.([^:]+)")
  if not domain or not domain:find("%a") or not domain:find(".", 1, true) then return false end
  return other == name or other:sub(-#domain - 1) == "." .. domain
end

--- Whether a token server may see our password.
local function is_trusted(at, realm)
  if realm.url:find(at.base, 1, true) == 1 and realm.url:sub(#at.base + 1):match("^[/?]") then
    return true
  end
  if settings.trusts(at.is_mirror and at.host or at.registry, realm.host) then return true end
  return realm.tls and at.is_tls
    and (realm.host == at.host or realm.host == known_servers[at.registry]
      or is_sibling(at.host, realm.host))
end

local function refuse(at, why, hint)
  failure.raise("system", ("%s: %s"):format(at.host, why), { hint = hint })
end

--- A token server is asked over TLS, unless the registry has none either; never where only this
-- machine's hypervisor answers (REG-12).
local function check_realm(at, text)
  local realm, err = http.url(text)
  if not realm then refuse(at, "its token server: " .. err.message) end
  if at.is_tls and not realm.tls then
    refuse(at, ("its token server %s is without TLS"):format(realm.host))
  end
  if realm.host:find("^169%.254%.") or realm.host:lower():find("^%[fe[89ab]") then
    refuse(at, ("its token server %s is a link-local address"):format(realm.host))
  end
  return realm
end

local function escape(text)
  return (text:gsub("[^%w%-._~]", function(byte) return ("%%%02X"):format(byte:byte()) end))
end

local function query(fields)
  local parts = {}
  for _, pair in ipairs(fields) do
    if pair[2] then parts[#parts + 1] = pair[1] .. "=" .. escape(pair[2]) end
  end
  return table.concat(parts, "&")
end

--- The request for a token: with an identity token as OAuth 2 has it, else a plain GET.
local function token_request(self, realm, scope, known)
  local fields = { { "service", self.service } }
  if known and known.identity_token then
    table.move({ { "scope", scope }, { "grant_type", "refresh_token" }, { "client_id", client_id },
      { "refresh_token", known.identity_token } }, 1, 4, #fields + 1, fields)
    return { method = "POST", url = realm.url, body = query(fields),
      headers = { ["Content-Type"] = "application/x-www-form-urlencoded" } }
  end
  for one in (scope or ""):gmatch("%S+") do fields[#fields + 1] = { "scope", one } end
  if known then fields[#fields + 1] = { "account", known.username } end
  local separator = realm.url:find("?", 1, true) and "&" or "?"
  return { url = realm.url .. separator .. query(fields),
    headers = known and { Authorization = basic(known) } or nil }
end

local function read_token(at, answer)
  local said = json.decode(answer.body)
  local token = type(said) == "table" and (said.token or said.access_token)
  if type(token) ~= "string" or token:find("[%c ]") then
    refuse(at, "its token server gives no token")
  end
  local life = math.tointeger(said.expires_in) or shortest_life
  return token, math.max(life, shortest_life)
end

--- Who we are for a token server, if it may know that.
local function known_to(self, realm, scope)
  local known = self:credentials(repository_of(scope))
  if not known or known.bearer then return nil end
  if is_trusted(self.at, realm) then return known end
  refuse(self.at, ("its token server %s is another host, which gets no password"):format(
    realm.host), ("LAMINA_TOKEN_SERVERS=%s allows it, as token-servers in the configuration")
    :format(realm.host))
end

--- What fails for good here isn't tried again by whoever wanted the token.
local function ask(self, request)
  local ok, answer = pcall(self.send, request)
  if ok then return answer end
  if not failure.is(answer) then error(answer, 0) end
  refuse(self.at, "its token server: " .. answer.message)
end

local function fetch(self, scope)
  local at, realm = self.at, check_realm(self.at, self.realm)
  local known = known_to(self, realm, scope)
  local request = token_request(self, realm, scope, known)
  request.limit, request.stall, request.redirects = 1 << 20, settings.requests().stall, 0
  local answer = ask(self, request)
  if answer.status == 200 then return read_token(at, answer) end
  if known and (answer.status == 401 or answer.status == 403) then
    refuse(at, ("user name or password refused (status %d)"):format(answer.status),
      ("`lamina login %s` asks for another"):format(at.registry))
  end
  refuse(at, ("its token server %s answers with status %d"):format(realm.host, answer.status))
end

local function token(self, scope)
  local known = self:credentials(repository_of(scope))
  if known and known.bearer then return known.bearer end
  local key = scope or ""
  local kept = self.tokens[key]
  if not kept or kept.ends < sched.now() then
    local text, life = fetch(self, scope)
    kept = { text = text, ends = sched.now() + life - margin }
    self.tokens[key] = kept
  end
  return kept.text
end

--- The header Authorization for a request; nil while nothing was asked for.
function Auth:header(scope)
  if self.scheme == "bearer" then return "Bearer " .. token(self, scope) end
  if self.scheme ~= "basic" then return nil end
  local known = self:credentials(repository_of(scope))
  return known and known.username and basic(known) or nil
end

--- Takes in the 401 of a request that had `shown` as its header Authorization (nil: none). Answers
-- the header to try once more with, nil where there is no other: several requests may be under way
-- when the first of them is refused, and each has another try.
function Auth:learn(answer, scope, shown)
  local asked = challenge.choose(challenge.parse(answer.headers["www-authenticate"] or ""))
  if not asked then return nil end
  self.scheme, self.realm, self.service = asked.scheme, asked.realm, asked.service
  local kept = self.tokens[scope or ""]
  if kept and shown == "Bearer " .. kept.text then
    self.tokens[scope or ""] = nil -- it has expired, or isn't what was wanted
  end
  local header = self:header(scope)
  return header ~= shown and header or nil
end

return auth
