local chain = require "lamina.lint.chain"

-- Names of files that hold secrets and nothing else.
local names = { "^%.env$", "^%.env%.%w+$", "^id_rsa$", "^id_dsa$", "^id_ecdsa$", "^id_ed25519$",
  "^%.netrc$", "^%.pgpass$", "^%.git%-credentials$", "^%.htpasswd$", "%.pem$", "%.key$", "%.pfx$",
  "%.p12$", "%.keystore$", "^credentials%.json$", "^service%-account.*%.json$" }

-- What of these is meant to be seen, or is an example.
local harmless = { "^%.env%.example$", "^%.env%.sample$", "^%.env%.template$", "^%.env%.dist$",
  "^cert", "^chain%.pem$", "^fullchain%.pem$", "^ca[%.-]", "pub" }

-- Secrets by their form.
local tokens = { "AKIA[%u%d]+", "ghp_%w+", "github_pat_[%w_]+", "glpat%-[%w_-]+", "xox[bp]%-[%w-]+",
  "%-%-%-%-%-BEGIN [%u ]*PRIVATE KEY", "[Aa]uthorization: [Bb]earer [%w._-]+" }
local shortest_token = 20

local function matches(text, patterns)
  for _, pattern in ipairs(patterns) do
    if text:find(pattern) then return true end
  end
  return false
end

local function is_secret_file(path)
  local name = path:match("[^/]*$")
  return matches(name, names) and not matches(name:lower(), harmless)
end

--- A secret that stands in a text: only its beginning is shown.
local function secret_in(text)
  for _, pattern in ipairs(tokens) do
    local found = text:match(pattern)
    if found and #found >= shortest_token then return found:sub(1, 8) .. "…" end
  end
  local user = text:match("%a://([^/%s:@$\"']+):[^/%s@$\"'{}<>]+@")
  return user and ("a password of '%s'"):format(user)
end

--- The files of a directory of the context that a copy takes along.
local function files_below(subject, source)
  local found = {}
  local dir = source:gsub("^%./", ""):gsub("/+$", "")
  if dir == "." or dir == "*" then dir = "" end
  for _, name in ipairs(subject.list and subject.list(dir) or {}) do
    local path = dir == "" and name or dir .. "/" .. name
    local is_left_out = subject.ignores and subject.ignores(path, false) ~= "keep"
    if is_secret_file(name) and not is_left_out then found[#found + 1] = path end
  end
  return found
end

local function check_copy(subject, step, report)
  for _, source in ipairs(step.sources or {}) do
    local found = is_secret_file(source) and { source }
      or not source:find("[$?%[]") and not source:find("://", 1, true)
      and files_below(subject, source) or {}
    for _, path in ipairs(found) do
      report(step, ("%s looks like a secret, and would be in the image"):format(path),
        ("leave it out in .dockerignore; a step that needs it mounts it: secret, id=%s"):format(
        path:match("[^/.]+") or "name"))
    end
  end
end

local function texts_of(step)
  local texts = { chain.command(step) }
  for _, pair in ipairs(step.pairs or {}) do texts[#texts + 1] = pair[2] end
  for _, pair in ipairs(step.inline or {}) do texts[#texts + 1] = pair[2] end
  return texts
end

return {
  name = "SecretInLayer", level = "warning", needs = "plan",
  summary = "a key, a token or a password goes into the image",
  why = "Whoever has the image has it, in whatever layer it is, even when a later one removes it.",
  check = function(subject, report)
    for _, list in ipairs(chain.shipped(subject.plan)) do
      for _, step in ipairs(list) do
        if chain.is_from_context(subject.plan, step) then check_copy(subject, step, report) end
        for _, text in ipairs(texts_of(step)) do
          local secret = secret_in(text)
          if secret then
            report(step, ("a secret stands in this step: %s"):format(secret),
              "give it with --secret, and mount it: secret, id=…")
          end
        end
      end
    end
  end,
}
