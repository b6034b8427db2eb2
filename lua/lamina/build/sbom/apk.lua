--- Alpine's packages: lib/apk/db/installed, a letter and a colon before each field (apk-tools).
local apk = { type = "apk" }

local files = { "lib/apk/db/installed", "usr/lib/apk/db/installed" }

local names = { P = "name", V = "version", A = "arch", L = "licence", m = "supplier",
  o = "source", U = "homepage" }

local function add(list, text)
  local package = {}
  for line in (text .. "\n\n"):gmatch "([^\n]*)\n" do
    local letter, value = line:match "^(%u?%l?):(.+)$"
    if names[letter] then package[names[letter]] = value end
    if line == "" then
      if package.name and package.version then list[#list + 1] = package end
      package = {}
    end
  end
end

function apk.collect(list, _, read)
  for _, file in ipairs(files) do
    local text = read(file)
    if text then return add(list, text) end -- one may be a link to the other
  end
end

return apk
