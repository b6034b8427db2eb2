local event = require "lamina.util.event"
local limits = require "lamina.config.limits"
local reference = require "lamina.image.reference"
local sched = require "lamina.util.sched"
local sending = require "lamina.registry.sending"

--- Sends as many layers, the n-th of n bytes; `make` and `move` are called for each, with its
-- diff ID.
local function send(count, make, move)
  local list, sizes = {}, {}
  for n = 1, count do
    list[n] = ("sha256:%064x"):format(n)
    sizes[list[n]] = n
  end
  list[count + 1] = list[1]
  local store = {
    layers = { get = function(_, diff_id) return { tar_size = sizes[diff_id] } end },
    images = { names_with = function() return {} end },
  }
  local layers = { file = function(_, diff_id)
    make(diff_id)
    return { of = { digest = diff_id, size = sizes[diff_id] }, path = diff_id }
  end }
  local to = { ref = reference.parse "localhost:5000/a:b", blob = function(_, of)
    move(of.digest)
    return true
  end }
  return sched.run(function() return sending.layers(store, to, layers, list, event.new()) end)
end

local function nothing() end

describe("lamina.registry.sending", function()
  it("makes each layer once, the largest first", function()
    local order = {}
    local sent = send(3, function(diff_id) order[#order + 1] = diff_id:sub(-1) end, nothing)
    assert.same({ "3", "2", "1" }, order)
    assert.equal(2, sent[("sha256:%064x"):format(2)].size)
  end)

  it("makes layers while as many as may be are on their way, and no more", function()
    local made, moving, wanted = 0, {}, limits.transfers() + 2
    send(wanted, function()
      made = made + 1
      if made < wanted then return end
      assert.equal(limits.transfers(), #moving)
      for _, wake in ipairs(moving) do wake() end
    end, function()
      if made < wanted then sched.suspend(function(wake) moving[#moving + 1] = wake end) end
    end)
    assert.equal(wanted, made)
  end)

  it("makes one more at a time than there are processors", function()
    local now, most = 0, 0
    send(2 * sched.cores() + 2, function()
      now = now + 1
      most = math.max(most, now)
      sched.sleep(1)
      now = now - 1
    end, nothing)
    assert.equal(sched.cores() + 1, most)
  end)
end)
