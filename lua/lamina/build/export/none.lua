--- -o type=none: nothing is written. The steps are in the cache then.
local none = { options = {} }

function none.write() end

return none
