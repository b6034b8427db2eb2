--- Tells the bus of blobs on their way:
--
--   transfer.started   { id=, label=, total= }
--   transfer.progress  { id=, what = "downloaded" | "uploaded", bytes=, total= }
--   transfer.present   { id=, label= }         nothing had to be moved
--   transfer.finished  { id=, label=, seconds= }
--   transfer.failed    { id=, label=, message= }
local failure = require "lamina.util.failure"
local sched = require "lamina.util.sched"
local text = require "lamina.util.text"

local transfer = {}

--- Calls `move(progress)`, which answers whether anything had to be moved. `what` is "downloaded"
-- or "uploaded".
function transfer.tell(bus, what, of, move)
  local id, began = of.digest:sub(8, 19), sched.now()
  local label = ("layer %s, %s"):format(of.digest:sub(1, 19), text.size(of.size))
  bus:emit("transfer.started", { id = id, label = label, total = of.size })
  local ok, result = pcall(move, function(at)
    bus:emit("transfer.progress", { id = id, what = what, bytes = at.done, total = of.size })
  end)
  if not ok then
    bus:emit("transfer.failed", { id = id, label = label, message = failure.is(result)
      and result.message or "internal error" })
    error(result, 0)
  elseif result then
    bus:emit("transfer.finished", { id = id, label = label, seconds = sched.now() - began })
  else
    bus:emit("transfer.present", { id = id, label = label })
  end
end

return transfer
