--- Names of git repositories: which texts are some, and what of them is believed.
--
-- git takes more than a place for a URL: programs (ext::), options ("-u…" as a host or a ref),
-- files of this machine. Here it is one of four schemes, a host and a path, or nothing
-- (CVE-2019-13139).
local failure = require "lamina.util.failure"
local gitquery = require "lamina.build.remote.gitquery"
local path = require "lamina.util.path"

local giturl = {}

local schemes = { https = true, http = true, ssh = true, git = true }

local function invalid(what, format, ...)
  failure.raise("invalid-input", ("git: %s: %s"):format(what, format:format(...)))
end

--- Whether a source of add is a repository rather than a file: by its scheme, or by ".git".
function giturl.is_one(text)
  if text:find("^git://") or text:find("^ssh://") or text:find("^[%w_.-]+@[%w.-]+:[^/]") then
    return true
  end
  return text:find("^https?://[^/?#]+/[^?#]*%.git/?$") ~= nil
    or text:find("^https?://[^/?#]+/[^?#]*%.git[?#]") ~= nil
end

local function check_host(authority, text)
  local user, host = authority:match("^([^@]*)@([^@]*)$")
  host = host or authority
  if user and not user:find("^[%w_.-]+$") then
    invalid(text:gsub("//[^/]*@", "//…@"), "a URL with a password in it isn't taken")
  end
  local name, port = host:match("^(.-):?(%d*)$")
  local is_name = name:find("^[%w][%w.-]*$") or name:find("^%[[%x:.]+%]$")
  if not is_name or #port > 5 then invalid(text, "it has no host") end
end

--- The URL, if it is one that may be asked for.
function giturl.check(text)
  if text:find("[%c%s]") then invalid(text:gsub("[%c%s]", "?"), "it has blanks in it") end
  local scheme, authority, rest = text:match("^(%a[%w+.-]*)://([^/?#]*)(.*)$")
  if not scheme then
    local host, place = text:match("^([%w_.-]+@[%w.-]+):([^/].*)$")
    if not host or place:find("^:") then
      invalid(text, "it is no URL that begins with https://, http://, ssh:// or git://")
    end
    scheme, authority, rest = "ssh", host, "/" .. place
  end
  if not schemes[scheme:lower()] then
    invalid(text, "the scheme '%s' isn't taken; https, http, ssh and git are", scheme)
  end
  check_host(authority, text)
  if rest == "" or rest == "/" then invalid(text, "the path of the repository is missing") end
  return text
end

--- A branch, tag or commit; it never looks like an option or an expression.
function giturl.check_ref(ref, text)
  local is_name = ref:find("^[%w_][%w_./+@-]*$") and not ref:find("..", 1, true)
    and not ref:find("@{", 1, true) and not ref:find("//", 1, true)
    and not ref:find("[/.]$") and #ref <= 255
  if not is_name then invalid(text, "'%s' is no branch, tag or commit", ref) end
  return ref
end

--- A whole commit id; what is shorter is a name.
function giturl.is_commit(ref)
  return ref:find("^%x+$") ~= nil and (#ref == 40 or #ref == 64)
end

--- "https://host/x.git#ref:dir" and "https://host/x.git?tag=v1&subdir=dir" as { url =, ref =,
-- subdir =, checksum =, submodules =, keep_git_dir = }; parts that are missing are nil.
function giturl.split(text)
  local place, fragment = text:match("^([^#]*)#?(.*)$")
  local url, query = place:match("^([^?]*)%??(.*)$")
  local ref, subdir = fragment:match("^([^:]*):?(.*)$")
  local parts = gitquery.read(query, { ref = ref ~= "" and ref or nil,
    subdir = subdir ~= "" and subdir or nil }, url)
  local dir = path.clean("/" .. (parts.subdir or "")):sub(2)
  parts.url, parts.subdir = url, dir ~= "" and dir or nil
  return parts
end

-- What may be said beside the URL, too.
local fields = { "ref", "subdir", "submodules", "keep_git_dir", "checksum" }

--- The parameters of the source (remote/git.lua) that a text stands for. `more` is what is said
-- beside it: it must not contradict the text, but for ref and subdir, which it replaces.
function giturl.source(text, more)
  local parts = giturl.split(text)
  for _, field in ipairs(fields) do
    local value = more and more[field]
    local is_strict = field ~= "ref" and field ~= "subdir"
    if is_strict and value ~= nil and parts[field] ~= nil and value ~= parts[field] then
      invalid(parts.url, "%s is '%s' here and '%s' in the URL", (field:gsub("_", "-")),
        tostring(value), tostring(parts[field]))
    end
    if value ~= nil then parts[field] = value end
  end
  parts.submodules, parts.keep_git_dir = parts.submodules ~= false, parts.keep_git_dir or false
  return parts
end

return giturl
