-- embed.lua - writes the C source that holds the Lua modules: lua5.4 embed.lua NAME=FILE ...
--
-- They are compiled here, so that a start parses nothing. Line numbers are kept for messages. With
-- NAME:=FILE,FILE the module is a table of the texts of these files, by their names.

--- A module that holds texts.
local function texts_of(files)
  local list = {}
  for file in files:gmatch("[^,]+") do
    local input <close> = assert(io.open(file, "rb"))
    list[#list + 1] = ("[%q] = %q"):format(file:match("([^/]*)%.lua$"), input:read("a"))
  end
  return "return { " .. table.concat(list, ", ") .. " }"
end

local scripts = {}
for _, argument in ipairs(arg) do
  local module, file = argument:match("^([^=]+)=(.+)$")
  local source
  if module:find(":$") then
    module, source = module:sub(1, -2), texts_of(file)
  else
    local input <close> = assert(io.open(file, "rb"))
    source = input:read("a"):gsub("^#[^\n]*", "")
  end
  local code = string.dump(assert(load(source, "@" .. file, "t")))
  scripts[#scripts + 1] = { module = module, code = code }
end
table.sort(scripts, function(a, b) return a.module < b.module end)

print('#include "host/embed.h"\n')
for i, script in ipairs(scripts) do
  local bytes = {}
  for j = 1, #script.code do
    bytes[j] = script.code:byte(j) .. (j % 20 == 0 and ",\n" or ",")
  end
  print(("static const unsigned char code_%d[] = {\n%s\n};"):format(i, table.concat(bytes)))
end
print("const struct lam_script lam_scripts[] = {")
for i, script in ipairs(scripts) do
  print(('\t{ "%s", code_%d, sizeof(code_%d) },'):format(script.module, i, i))
end
print("\t{ NULL, NULL, 0 },\n};")
