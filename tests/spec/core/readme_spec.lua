local helper = require "support.helper"

-- Each module: its types as the registry calls them, and what their values are called in the text.
local modules = {
  database = { db = "lamina.database" },
  digest = { sha = "lamina.sha256" },
  fs = { file = "lamina.file", scan = "lamina.scan" },
  http = {},
  job = { job = "lamina.job" },
  json = {},
  layer = {},
  namespace = { process = "lamina.process", stubs = "lamina.stubs", netns = "lamina.netns",
    held = "lamina.signals" },
  overlay = { mount = "lamina.mount" },
  sandbox = {},
  terminal = { raw = "lamina.raw" },
  yaml = {},
}

local function section(text, name)
  local from = assert(text:find("\n## lamina.core." .. name .. "\n", 1, true), name)
  local to = text:find("\n## ", from + 1, true) or #text
  return text:sub(from, to)
end

--- Every `word.name` or `word:name` in code spans and code blocks, as a set.
local function mentioned(text, word, mark)
  local found = {}
  local pattern = "[`\n ({]" .. word .. "%" .. mark .. "([%a_][%w_]*)"
  for name in text:gmatch(pattern) do found[name] = true end
  return found
end

local function functions(values)
  local names = {}
  for name, value in pairs(values) do
    if type(value) == "function" then names[name] = true end
  end
  return names
end

describe("core/README.md", function()
  local text = helper.read "core/README.md"

  for name, types in pairs(modules) do
    it("describes every function of lamina.core." .. name .. ", and no other", function()
      local module = require("lamina.core." .. name)
      local described = mentioned(section(text, name), name, ".")
      if module.null then described.null = nil end
      assert.same(functions(module), described)
    end)

    for word, type_name in pairs(types) do
      it("describes every method of " .. type_name .. ", and no other", function()
        require("lamina.core." .. name)
        local methods = debug.getregistry()[type_name].__index
        assert.same(functions(methods), mentioned(section(text, name), word, ":"))
      end)
    end
  end

  it("has every module of preload.c", function()
    for name in helper.read("core/bind/preload.c"):gmatch("\tX%((%l+)%)") do
      assert.truthy(modules[name], name)
    end
  end)
end)
