--- copy and add as COPY and ADD.
local json = require "lamina.core.json"
local quoted = require "lamina.util.word.docker"

local function below(folder, paths)
  if not folder or folder == "." then return paths end
  local list = {}
  for i, one in ipairs(paths) do list[i] = folder:gsub("/+$", "") .. "/" .. one:gsub("^/+", "") end
  return list
end

local function inline_files(step, context)
  local words, texts = {}, {}
  for i, pair in ipairs(step.inline or {}) do
    local name, text = pair[1], pair[2]
    if step.expand and text:find("[$\\]") then context.refuse "a file with variables" end
    if not name:find("^[%w_.-]+$") or ("\n" .. text):find("\n" .. name .. "\n", 1, true)
      or text ~= "" and text:sub(-1) ~= "\n" then
      context.refuse(("the file '%s'"):format(name),
        "a heredoc ends with a line end, and at its name")
    end
    words[i], texts[i] = ("<<'%s'"):format(name), text .. name
  end
  context.texts = texts
  return words
end

--- URLs and repositories as words of ADD; what else is said of them becomes flags.
local function remote_words(step, context, flags)
  local words = {}
  for i, one in ipairs(step.remotes or {}) do
    if one.name or one.submodules == false then context.refuse "such a source" end
    local part = (one.ref or one.subdir) and ("#%s%s"):format(one.ref or "",
      one.subdir and ":" .. one.subdir or "") or ""
    words[i] = one.url .. part
    if one.checksum then flags[#flags + 1] = "--checksum=" .. one.checksum end
    if one.keep_git_dir then flags[#flags + 1] = "--keep-git-dir=true" end
  end
  return words
end

local function flag(name, value, context)
  if value:find("%s") then context.refuse(("--%s with a blank"):format(name)) end
  return ("--%s=%s"):format(name, quoted.word(value, context.escape))
end

local function copy_flags(step, context, flags)
  local from = step.from
  if from and from.op == "local" then
    for _, pattern in ipairs(from.exclude or {}) do
      flags[#flags + 1] = flag("exclude", pattern, context)
    end
  elseif from then
    flags[#flags + 1] = "--from=" .. context:from(from)
  end
  for _, key in ipairs { "chown", "chmod", "checksum" } do
    if step[key] then
      flags[#flags + 1] = flag(key, step[key], context)
    end
  end
  for _, key in ipairs { "link", "parents", "keep_git_dir", "unpack" } do
    if step[key] ~= nil then
      flags[#flags + 1] = ("--%s=%s"):format(key:gsub("_", "-"), tostring(step[key]))
    end
  end
  for _, pattern in ipairs(step.exclude or {}) do
    flags[#flags + 1] = flag("exclude", pattern, context)
  end
  return flags
end

return function(step, context)
  local words = inline_files(step, context)
  local folder = step.from and step.from.op == "local" and step.from.path
  local flags = {}
  local paths = below(folder, step.sources or {})
  for _, word in ipairs(remote_words(step, context, flags)) do paths[#paths + 1] = word end
  paths[#paths + 1] = step.destination
  local head = table.concat({ step.op:upper(),
    table.unpack(copy_flags(step, context, flags)) }, " ")
  local has_blank = false
  for i, one in ipairs(paths) do
    has_blank = has_blank or one:find("%s") ~= nil
    words[#words + 1] = quoted.word(paths[i], context.escape)
  end
  if has_blank then
    if #context.texts > 0 then context.refuse "a path with a blank beside a heredoc" end
    return head .. " " .. json.encode(json.array(words))
  end
  local line = head .. " " .. table.concat(words, " ")
  return table.concat({ line, table.unpack(context.texts) }, "\n")
end
