local fixtures = require "support.fixtures"
local helper = require "support.helper"

--- Removes what has one name by a word, while somebody gives it another after it was looked up;
-- answers what is told and whether the image is there then.
local function removed(word, force, is_index)
  return fixtures.output(([=[
    local config = '{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}'
    local id = %s
    local images = setmetatable({}, { __index = function(_, key)
      return function(_, ...) return store.images[key](store.images, ...) end
    end })
    function images:resolve(...)
      local found = store.images:resolve(...)
      store.images:tag(store.images:resolve(id).id, "second", found.index)
      return found
    end
    local told = {}
    require("lamina.cli.report").failure = function(err)
      told[1] = err.message
      return 1
    end
    local function nothing() return true end
    local out = require("lamina.cli.output").new { write = nothing, flush = nothing }
    local context = { store = { images = images, indexes = store.indexes }, out = out,
      options = { force = %s, no_prune = true }, arguments = { %s } }
    require("lamina.cli.cmd.rmi").run(context)
    print(told[1] and told[1]:match "meanwhile",
      (pcall(store.images.resolve, store.images, "second")))
  ]=]):format(is_index and 'store.indexes:put { names = { "docker.io/library/first:latest" }, '
    .. 'images = { { config = config, platform = "linux/amd64" } } }'
    or 'store.images:put { config = config, names = { "docker.io/library/first:latest" } }',
    force, word))
end

describe("lamina.cli.cmd.rmi", function()
  teardown(helper.cleanup)

  it("leaves what has got another name since it was looked up, unless forced by its id", function()
    for _, is_index in ipairs { false, true } do
      for _, case in ipairs { { '"first"', false, "meanwhile\ttrue" }, { '"first"', true,
        "meanwhile\ttrue" }, { "id", false, "meanwhile\ttrue" }, { "id", true, "nil\tfalse" } } do
        assert.matches("^" .. case[3], removed(case[1], case[2], is_index))
      end
    end
  end)
end)
