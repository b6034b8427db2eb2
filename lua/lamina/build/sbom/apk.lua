--- Alpine's packages: lib/apk/db/installed, a letter and a colon before each field (apk-tools).
local apk = { type = "apk" }

local places = { "lib/apk/db/installed", "usr/lib/apk/db/installed" }

local names = { P = "name", V = "version", A = "arch", L = "licence", m = "supplier",
  o = "source", U = "homepage" }

local function add_all(add, text)
  local package = {}
  for line in (text .. "\n\n"):gmatch "([^\n]*)\n" do
    local letter, value = line:match "^(%u?%l?):(.+)$"
    if names[letter] then package[names[letter]] = value end
    if line == "" then
      if package.name and package.version then add(package) end
      package = {}
    end
  end
end

function apk.collect(files, add)
  for _, place in ipairs(places) do
    local text = files:read(place)
    if text then return add_all(add, text) end -- one may be a link to the other
  end
end

return apk
