--- The options of a build (head of build.lua) with everything that has a default.
local config = require "lamina.config.config"
local failure = require "lamina.util.failure"
local platform = require "lamina.image.platform"
local sched = require "lamina.util.sched"

local options = {}

-- Build arguments that every command sees without declaring them. They tell how to reach the
-- world, not what to build: keys, history and image don't hold them (SEMANTICS 62).
local proxy_names = { "HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY" }

local function proxies(args)
  local list = {}
  for _, name in ipairs(proxy_names) do
    for _, spelling in ipairs { name, name:lower() } do
      if args[spelling] then list[#list + 1] = spelling .. "=" .. args[spelling] end
    end
  end
  return list
end

local last_epoch = 253402300799 -- the end of the year 9999, the last that RFC 3339 can write

local function source_date_epoch(given, args)
  local value = given or args.SOURCE_DATE_EPOCH or os.getenv("SOURCE_DATE_EPOCH")
  if not value or value == "" then return nil end
  local epoch = math.tointeger(tonumber(value:match("^%d+$")))
  if epoch and epoch <= last_epoch then return epoch end
  failure.raise("usage", ("the source date epoch is a number of seconds, not '%s'"):format(value))
end

-- Steps often wait for a network or a lock: a few at a time pay even on a small machine.
local function default_jobs()
  return math.max(4, sched.cores())
end

--- Puts what is set into what wasn't given.
local function take_settings(all)
  all.jobs = all.jobs or config.get "build.jobs" or default_jobs()
  all.network = all.network or config.get "build.network"
  if all.sync == nil then all.sync = config.get "build.sync" end
end

--- What the image is for: one platform, or several, each once.
local function platforms(given)
  local list, seen = {}, {}
  for word in (given.platform or ""):gmatch("[^,]+") do
    local of = platform.parse(word)
    local name = platform.format(of)
    if not seen[name] then list[#list + 1] = of end
    seen[name] = true
  end
  if #list == 0 then list[1] = platform.host() end
  return list
end

--- Labels are texts of the image, which are UTF-8.
local function check_labels(labels)
  for _, pair in ipairs(labels) do
    if not utf8.len(pair[1]) or not utf8.len(pair[2]) then
      failure.raise("invalid-input", ("the label '%s' isn't UTF-8"):format(pair[1]))
    end
  end
  return labels
end

--- A copy of the options in which nothing is missing.
function options.complete(given)
  local all = {}
  for key, value in pairs(given) do all[key] = value end
  all.args, all.tags = all.args or {}, all.tags or {}
  all.labels = check_labels(all.labels or {})
  all.secrets, all.allow = all.secrets or {}, all.allow or {}
  all.context, all.images = all.context or ".", {}
  all.bus = all.bus or require("lamina.util.event").new()
  take_settings(all)
  all.platforms = platforms(all)
  all.platform, all.platform_is_asked = all.platforms[1], given.platform ~= nil
  all.epoch, all.proxies = source_date_epoch(all.source_date_epoch, all.args), proxies(all.args)
  return all
end

return options
