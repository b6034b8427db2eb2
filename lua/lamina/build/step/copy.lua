--- copy and add: files from the context or from a stage (SEMANTICS 45-56).
local deliver = require "lamina.build.deliver"
local failure = require "lamina.util.failure"
local json = require "lamina.core.json"
local origin = require "lamina.build.step.origin"
local path = require "lamina.util.path"

local copy = {}

--- The destination as an absolute path; what ends with "/" or "." is a directory (SEMANTICS 46).
local function destination(text, at)
  if text == "" then text = "." end
  local is_dir = text:find("/$") or text:find("^%.$") or text:find("/%.$")
  local whole = path.is_absolute(text) and path.clean(text) or path.join(at:directory(), text)
  return (is_dir and whole ~= "/") and whole .. "/" or whole
end

--- The mode as text: octal digits, or symbolic as chmod takes it.
local function mode_text(chmod)
  local text = tostring(chmod)
  if text:find("^%d+$") and not (text:find("^[0-7]+$") and tonumber(text, 8) <= 4095) then
    failure.raise("invalid-input", ("chmod: '%s' isn't an octal mode up to 07777"):format(text))
  end
  return text
end

local function sources_of(step, at, resolver)
  local list = json.array {}
  for i, source in ipairs(step.sources or {}) do list[i] = resolver:expand(at, source) end
  return list
end

local function inline_of(step, at, resolver)
  local list = json.array {}
  for i, file in ipairs(step.inline or {}) do
    local name, text = file[1], file[2]
    if name == "" or name == "." or name == ".." or name:find("[/%z]") then
      failure.raise("invalid-input", ("%s: '%s' is no file name"):format(step.op, name))
    end
    list[i] = { resolver:expand(at, name), step.expand and resolver:expand(at, text) or text }
  end
  return list
end

--- The history's text (SEMANTICS 88); the source stage isn't part of it.
local function text_of(step, params, sources, target)
  local words = { step.op:upper() }
  if params.parents then words[#words + 1] = "--parents" end
  if params.chown then words[#words + 1] = "--chown=" .. params.chown end
  if params.chmod then words[#words + 1] = "--chmod=" .. params.chmod end
  table.move(sources, 1, #sources, #words + 1, words)
  for _, file in ipairs(params.inline) do words[#words + 1] = "<<" .. file[1] end
  words[#words + 1] = target
  return table.concat(words, " ") .. " # buildkit"
end

--- The patterns to leave out, nil without any.
local function excluded(step, expand)
  local list = {}
  for i, pattern in ipairs(step.exclude or {}) do list[i] = expand(pattern) end
  return #list > 0 and list or nil
end

local function parameters(step, at, resolver, target)
  local function expand(text) return text and resolver:expand(at, text) end
  return {
    destination = destination(target, at), inline = inline_of(step, at, resolver),
    chown = expand(step.chown), chmod = step.chmod and mode_text(expand(tostring(step.chmod))),
    parents = step.parents or nil, link = step.link or nil, unpack = step.unpack,
    exclude = excluded(step, expand),
  }
end

local function check_count(step, sources, params)
  local count = #sources + #params.inline + #(step.remotes or {})
  if count == 0 then failure.raise("invalid-input", step.op .. ": nothing to copy") end
  if count > 1 and not params.destination:find("/$") then
    failure.raise("invalid-input",
      ("%s: the destination of several sources is a directory and ends with '/'"):format(step.op))
  end
end

local function resolve(step, at, resolver)
  local sources = sources_of(step, at, resolver)
  local target = resolver:expand(at, step.destination)
  local params = parameters(step, at, resolver, target)
  check_count(step, sources, params)
  local checksum = step.checksum and resolver:expand(at, step.checksum)
  local uses, names = origin.uses(step, sources, checksum, params, resolver)
  return resolver:vertex(step, at, text_of(step, params, names, target), {
    uses = uses, params = params, ignores_parent = params.link, sources = sources,
  })
end

copy.copy, copy.add = resolve, resolve
copy.make = deliver.make

return copy
