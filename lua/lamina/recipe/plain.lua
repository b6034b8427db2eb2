--- Steps as the instructions of a plain Dockerfile, which any builder takes.
--
--   local lines = plain.lines(output, input, "\\", more)   -- the steps behind `input`, to `output`
--
-- `more` collects the stages that these copy from: lists of lines that begin with FROM.
local json = require "lamina.core.json"
local place = require "lamina.recipe.place"
local quoted = require "lamina.util.word.docker"

local plain = {}

local write = {}

local function refuse(what, hint)
  place.blame(("%s can't be written in a plain Dockerfile"):format(what), hint)
end

--- A name for a heredoc that no line of the text is.
local function heredoc_name(text)
  local name, count = "EOF", 0
  while ("\n" .. text .. "\n"):find("\n" .. name .. "\n", 1, true) do
    count = count + 1
    name = "EOF" .. count
  end
  return name
end

--- Whether a text can stand behind RUN and mean itself.
local function is_plain_command(text, escape)
  return not text:find("[\n\r]") and not text:find("^%s") and not text:find("%s$")
    and not text:find("^%[") and not text:find("^%-%-") and not text:find("<<", 1, true)
    and text:sub(-1) ~= escape
end

local function command(word, text, escape, flags)
  local head = table.concat({ word, table.unpack(flags or {}) }, " ")
  if type(text) == "table" then return head .. " " .. json.encode(json.array(text)) end
  if is_plain_command(text, escape) then return head .. " " .. text end
  if word ~= "RUN" then refuse(word .. " with such a text") end
  local name = heredoc_name(text)
  return ("%s <<'%s'\n%s%s"):format(head, name, text:gsub("\n?$", "\n", 1), name)
end

local mount_keys = { "type", "id", "target", "source", "from", "sharing", "readonly", "required",
  "mode", "uid", "gid", "size", "env" }

local from_stage

local function mount_flag(mount, context)
  local fields = {}
  for _, key in ipairs(mount_keys) do
    local value = mount[key]
    if key == "from" and value then value = from_stage(value, context) end
    if key == "mode" and math.type(value) == "integer" then value = ("%04o"):format(value) end
    if value ~= nil then fields[#fields + 1] = key .. "=" .. tostring(value) end
  end
  return "--mount=" .. table.concat(fields, ",")
end

function write.run(step, context)
  for _, key in ipairs { "user", "env", "timeout", "script" } do
    if step[key] then refuse(("run with '%s'"):format(key)) end
  end
  if step.cache == false then refuse "run with 'cache = false'" end
  local flags = {}
  for i, mount in ipairs(step.mounts or {}) do flags[i] = mount_flag(mount, context) end
  for _, key in ipairs { "network", "security" } do
    if step[key] then flags[#flags + 1] = ("--%s=%s"):format(key, step[key]) end
  end
  for _, device in ipairs(step.devices or {}) do flags[#flags + 1] = "--device=" .. device end
  return command("RUN", step.command, context.escape, flags)
end

--- What --from names: an image, or a further stage that is written for it.
function from_stage(step, context)
  if step.op == "image" and step.files_only then return step.ref end
  local base = step
  while base.input do base = base.input end
  if base.op ~= "image" and base.op ~= "scratch" then refuse "what is copied from" end
  if context.more.names[step] then return context.more.names[step] end
  local platform = base.platform and "--platform=" .. base.platform .. " " or ""
  local lines = plain.lines(step, base, context.escape, context.more)
  local name = ("lamina-expanded-%d"):format(#context.more + 1) -- behind those it needs itself
  context.more.names[step] = name
  table.insert(lines, 1, ("FROM %s%s AS %s"):format(platform, base.ref or "scratch", name))
  context.more[#context.more + 1] = lines
  return name
end

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
    if step.expand and text:find("[$\\]") then refuse "a file with variables" end
    if not name:find("^[%w_.-]+$") or ("\n" .. text):find("\n" .. name .. "\n", 1, true)
      or text ~= "" and text:sub(-1) ~= "\n" then
      refuse(("the file '%s'"):format(name), "a heredoc ends with a line end, and at its name")
    end
    words[i], texts[i] = ("<<'%s'"):format(name), text .. name
  end
  context.texts = texts
  return words
end

--- URLs and repositories as words of ADD; what else is said of them becomes flags.
local function remote_words(step, flags)
  local words = {}
  for i, one in ipairs(step.remotes or {}) do
    if one.name or one.submodules == false then refuse "such a source" end
    local part = (one.ref or one.subdir) and ("#%s%s"):format(one.ref or "",
      one.subdir and ":" .. one.subdir or "") or ""
    words[i] = one.url .. part
    if one.checksum then flags[#flags + 1] = "--checksum=" .. one.checksum end
    if one.keep_git_dir then flags[#flags + 1] = "--keep-git-dir=true" end
  end
  return words
end

local function copy_flags(step, context, flags)
  local from = step.from
  if from and from.op == "local" then
    for _, pattern in ipairs(from.exclude or {}) do
      flags[#flags + 1] = "--exclude=" .. quoted.word(pattern, context.escape)
    end
  elseif from then
    flags[#flags + 1] = "--from=" .. from_stage(from, context)
  end
  for _, key in ipairs { "chown", "chmod", "checksum" } do
    if step[key] then
      flags[#flags + 1] = ("--%s=%s"):format(key, quoted.word(step[key], context.escape))
    end
  end
  for _, key in ipairs { "link", "parents", "keep_git_dir", "unpack" } do
    if step[key] ~= nil then
      flags[#flags + 1] = ("--%s=%s"):format(key:gsub("_", "-"), tostring(step[key]))
    end
  end
  for _, pattern in ipairs(step.exclude or {}) do
    flags[#flags + 1] = "--exclude=" .. quoted.word(pattern, context.escape)
  end
  return flags
end

function write.copy(step, context)
  local words = inline_files(step, context)
  local folder = step.from and step.from.op == "local" and step.from.path
  local flags = {}
  local paths = below(folder, step.sources or {})
  for _, word in ipairs(remote_words(step, flags)) do paths[#paths + 1] = word end
  paths[#paths + 1] = step.destination
  local head = table.concat({ step.op:upper(),
    table.unpack(copy_flags(step, context, flags)) }, " ")
  local has_blank = false
  for i, one in ipairs(paths) do
    has_blank = has_blank or one:find("%s") ~= nil
    words[#words + 1] = quoted.word(paths[i], context.escape)
  end
  if has_blank then
    if #context.texts > 0 then refuse "a path with a blank beside a heredoc" end
    return head .. " " .. json.encode(json.array(words))
  end
  local line = head .. " " .. table.concat(words, " ")
  return table.concat({ line, table.unpack(context.texts) }, "\n")
end

write.add = write.copy

local function pairs_of(word)
  return function(step, context)
    local list = {}
    for i, pair in ipairs(step.pairs) do
      if (pair[1] .. pair[2]):find("[\n\r]") then refuse(word .. " with a line end") end
      list[i] = quoted.word(pair[1], context.escape) .. "="
        .. quoted.value(pair[2], context.escape)
    end
    return word .. " " .. table.concat(list, " ")
  end
end

write.env, write.label = pairs_of "ENV", pairs_of "LABEL"

function write.arg(step, context)
  local list = {}
  for i, one in ipairs(step.list or { { step.name, step.default } }) do
    list[i] = one[2] and one[1] .. "=" .. quoted.value(one[2], context.escape) or one[1]
  end
  return "ARG " .. table.concat(list, " ")
end

local function one_word(word, key)
  return function(step, context) return word .. " " .. quoted.word(step[key], context.escape) end
end

write.workdir, write.user = one_word("WORKDIR", "path"), one_word("USER", "name")
write.stopsignal = one_word("STOPSIGNAL", "signal")

function write.maintainer(step) return "MAINTAINER " .. step.name end

function write.expose(step, context)
  local list = {}
  for i, port in ipairs(step.ports) do list[i] = quoted.word(port, context.escape) end
  return "EXPOSE " .. table.concat(list, " ")
end

function write.volume(step, context)
  local list = {}
  for i, one in ipairs(step.paths) do list[i] = quoted.word(one, context.escape) end
  return "VOLUME " .. json.encode(json.array(list))
end

function write.cmd(step, context)
  return command(step.op:upper(), step.shell or step.exec, context.escape)
end

write.entrypoint = write.cmd

function write.shell(step) return "SHELL " .. json.encode(json.array(step.exec)) end

function write.healthcheck(step, context)
  if step.none then return "HEALTHCHECK NONE" end
  local flags = {}
  for _, key in ipairs { "interval", "timeout", "start_period", "start_interval", "retries" } do
    if step[key] then
      flags[#flags + 1] = ("--%s=%s"):format(key:gsub("_", "-"), tostring(step[key]))
    end
  end
  flags[#flags + 1] = command("CMD", step.shell or step.exec, context.escape)
  return "HEALTHCHECK " .. table.concat(flags, " ")
end

function write.onbuild(step) return "ONBUILD " .. step.text end

--- The steps behind one up to another, oldest first.
local function between(output, input)
  local list, step = {}, output
  while step ~= input do
    list[#list + 1] = step
    step = step.input
    if not step then refuse "a stage that doesn't grow from the one it was given" end
  end
  for i = 1, #list // 2 do list[i], list[#list - i + 1] = list[#list - i + 1], list[i] end
  return list
end

--- The instructions; see the head of this file.
function plain.lines(output, input, escape, more)
  local lines = {}
  more.names = more.names or {}
  for i, step in ipairs(between(output, input)) do
    local writer = write[step.op]
    if not writer then refuse(step.op) end
    lines[i] = writer(step, { escape = escape, more = more })
  end
  return lines
end

return plain
