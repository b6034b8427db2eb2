--- The configuration in force, as `lamina doctor` shows it.
local config = require "lamina.config.config"
local json = require "lamina.core.json"
local kind = require "lamina.config.kind"
local table_view = require "lamina.ui.table"

local settings = {}

--- Everything that is set or has a default, and the files that were looked for: { list =,
-- files = }. `root` is the store that is used, `is_given` whether the command line names it.
function settings.find(root, is_given)
  local found = { list = config.list(), files = config.load() }
  for _, setting in ipairs(found.list) do
    if setting.name == "store" then
      setting.value, setting.from = root, is_given and "--root" or setting.from
    end
  end
  return found
end

--- In words: a line for each file and a table.
function settings.print(out, found)
  for _, file in ipairs(found.files) do
    out:line("%-7s  configuration: %s", file.settings and "read" or "none", file.path)
  end
  local rows = { { "SETTING", "VALUE", "FROM" } }
  for i, setting in ipairs(found.list) do
    local value = setting.row.otherwise
    if setting.value ~= nil then value = kind.format(setting.row, setting.value) end
    rows[i + 1] = { setting.name, value, setting.from or "default" }
  end
  out:write("\n", table.concat(table_view.lines(rows), "\n"), "\n")
end

--- As JSON: values as a file would have them, null where there is only a default in words.
function settings.json(found)
  local files, list = {}, {}
  for i, file in ipairs(found.files) do
    files[i] = { path = file.path, read = file.settings ~= nil }
  end
  for i, setting in ipairs(found.list) do
    local value = json.null
    if setting.value ~= nil then value = kind.plain(setting.row, setting.value) end
    list[i] = { name = setting.name, value = value, from = setting.from or "default" }
  end
  return { files = json.array(files), list = json.array(list) }
end

return settings
