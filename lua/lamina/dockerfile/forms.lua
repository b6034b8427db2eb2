--- The forms that instructions' arguments have. Each function reads a text, blanks around it
-- removed, into `instruction.args`, a list; `context` is { escape =, complain = }.
--
--   command   text of a shell, or ["a", "b"]          RUN CMD ENTRYPOINT
--   json      ["a", "b"] only                         SHELL
--   paths     words, or ["a", "b"]                    COPY ADD VOLUME
--   list      words                                   FROM EXPOSE
--   words     words as a shell quotes them            custom instructions
--   arguments NAME or NAME=VALUE …                    ARG
--   pairs     NAME=VALUE … or NAME VALUE              ENV LABEL
--   text      one text                                WORKDIR USER STOPSIGNAL
--   raw       one text that has no variables          MAINTAINER
--   health    NONE or CMD with a command              HEALTHCHECK
--
-- Words keep their quotes: they go when variables are expanded.
local json_form = require "lamina.dockerfile.json_form"

local forms = {}

--- The list of the JSON form, or nil when it isn't that.
local function json_list(instruction, text, context)
  local list, message = json_form.parse(text)
  if message then context.complain(message) end
  instruction.json = list and true or nil
  return list
end

local function split(text)
  local list = {}
  for word in text:gmatch("%S+") do list[#list + 1] = word end
  return list
end

--- Words at blanks, where a heredoc's word is one whatever blanks it has.
local function split_around(text, heredocs)
  local list, at = {}, 1
  for _, one in ipairs(heredocs) do
    for _, word in ipairs(split(text:sub(at, one.from - 1))) do list[#list + 1] = word end
    list[#list + 1] = text:sub(one.from, one.to)
    at = one.to + 1
  end
  for _, word in ipairs(split(text:sub(at))) do list[#list + 1] = word end
  return list
end

function forms.command(instruction, text, context)
  instruction.args = json_list(instruction, text, context) or { text }
end

function forms.json(instruction, text, context)
  instruction.args = json_list(instruction, text, context)
  if not instruction.args then
    context.complain(('%s takes the JSON form: ["program", "argument"]')
      :format(instruction.instruction))
  end
end

function forms.paths(instruction, text, context)
  instruction.args = json_list(instruction, text, context)
    or split_around(text, instruction.heredocs or {})
end

function forms.list(instruction, text)
  instruction.args = split(text)
end

--- Behind a quoted part at `at`; where it doesn't end, it reaches to the end of the text.
local function behind_quote(text, at, escape)
  local quote = text:sub(at, at)
  local specials = quote == "'" and "'" or '["\\`]'
  at = at + 1
  while true do
    local stop = text:find(specials, at)
    if not stop then return #text + 1 end
    if text:sub(stop, stop) == quote then return stop + 1 end
    at = stop + (text:sub(stop, stop) == escape and 2 or 1)
  end
end

--- The words of a text as a shell takes them apart, quotes and all. An escape at the very end
-- quotes nothing and is dropped.
local function shell_words(text, escape)
  if text:find("^[^'\"\\`]*$") then return split(text) end
  local list, begin, at, last = {}, nil, 1, #text
  while at <= #text do
    local stop = text:find("[%s'\"\\`]", at) or #text + 1
    if stop > at then begin = begin or at end
    local char = text:sub(stop, stop)
    at = stop + 1
    if char:find("%s") then
      if begin then list[#list + 1] = text:sub(begin, stop - 1) end
      begin = nil
    elseif char ~= "" then
      begin = begin or stop
      if char == escape then at = stop + 2 end
      if char == escape and stop == #text then last = stop - 1 end
      if char == "'" or char == '"' then at = behind_quote(text, stop, escape) end
    end
  end
  if begin and begin <= last then list[#list + 1] = text:sub(begin, last) end
  return list
end

function forms.words(instruction, text, context)
  instruction.args = shell_words(text, context.escape)
end

forms.arguments = forms.words

--- NAME=VALUE pairs; when the first word has no "=", the old form NAME VALUE (SEMANTICS 11).
function forms.pairs(instruction, text, context)
  local words, args = shell_words(text, context.escape), {}
  instruction.args = args
  if words[1] and not words[1]:find("=", 1, true) then
    local name, value = text:match("^(%S+)%s+(.*)$")
    if not name then
      context.complain(("%s: '%s' has no value"):format(instruction.instruction, text),
        "write NAME=VALUE")
    end
    args[1], args[2] = name, value
    instruction.legacy = true
    return
  end
  for _, word in ipairs(words) do
    local at = word:find("=", 1, true)
    if not at then
      context.complain(("%s: '%s' is not NAME=VALUE"):format(instruction.instruction, word))
    elseif at == 1 then
      context.complain(("%s: a name is missing before '%s'"):format(instruction.instruction, word))
    end
    args[#args + 1], args[#args + 2] = word:sub(1, at - 1), word:sub(at + 1)
  end
end

function forms.text(instruction, text)
  instruction.args = { text ~= "" and text or nil }
end

forms.raw = forms.text

function forms.health(instruction, text, context)
  local kind, rest = text:match("^(%S*)%s*(.*)$")
  local list = json_list(instruction, rest, context)
  instruction.args = list or { rest ~= "" and rest or nil }
  table.insert(instruction.args, 1, kind ~= "" and kind:upper() or nil)
end

return forms
