--- What changes the configuration only, as instructions. Each is one line.
local json = require "lamina.core.json"
local quoted = require "lamina.util.word.docker"

local config = {}

local function pairs_of(word)
  return function(step, context)
    local list = {}
    for i, pair in ipairs(step.pairs) do
      list[i] = quoted.word(pair[1], context.escape) .. "="
        .. quoted.value(pair[2], context.escape)
    end
    return word .. " " .. table.concat(list, " ")
  end
end

config.env, config.label = pairs_of "ENV", pairs_of "LABEL"

function config.arg(step, context)
  local list = {}
  for i, one in ipairs(step.list or { { step.name, step.default } }) do
    list[i] = one[2] and one[1] .. "=" .. quoted.value(one[2], context.escape) or one[1]
  end
  return "ARG " .. table.concat(list, " ")
end

local function one_word(word, key)
  return function(step, context) return word .. " " .. quoted.word(step[key], context.escape) end
end

config.workdir, config.user = one_word("WORKDIR", "path"), one_word("USER", "name")
config.stopsignal = one_word("STOPSIGNAL", "signal")

function config.maintainer(step) return "MAINTAINER " .. step.name end

function config.expose(step, context)
  local list = {}
  for i, port in ipairs(step.ports) do list[i] = quoted.word(port, context.escape) end
  return "EXPOSE " .. table.concat(list, " ")
end

function config.volume(step, context)
  local list = {}
  for i, one in ipairs(step.paths) do list[i] = quoted.word(one, context.escape) end
  return "VOLUME " .. json.encode(json.array(list))
end

function config.onbuild(step) return "ONBUILD " .. step.text end

return config
