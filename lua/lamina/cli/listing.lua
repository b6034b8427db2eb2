--- Lists as every listing command prints them: a table, or what --format and --quiet ask for.
--
--   listing.print(context, {
--     columns = { { "IMAGE ID", "ID" }, … },   -- the table's titles and fields
--     titles = { Digest = "DIGEST" },          -- of fields that only --format shows
--     quiet = "ID",                            -- the field that --quiet prints
--     rows = { { ID = …, … }, … },             -- every row has every field
--   })
local table_view = require "lamina.ui.table"
local template = require "lamina.ui.template"

local listing = {}

--- The rows of options that go with it.
listing.options = {
  format = { long = "format", value = "TEMPLATE",
    help = "print each row by a template: '{{.ID}}', 'table {{.ID}}', 'json'" },
  quiet = { long = "quiet", short = "q", help = "print ids only" },
  no_trunc = { long = "no-trunc", help = "don't shorten ids and texts" },
  filter = { long = "filter", short = "f", value = "KEY=VALUE", many = true,
    help = "show only these" },
}

local function print_lines(context, lines)
  for _, line in ipairs(lines) do context.out:write((line:gsub("%s+$", "")), "\n") end
end

local function print_columns(context, list)
  local lines, titles = {}, {}
  for i, column in ipairs(list.columns) do titles[i] = column[1] end
  lines[1] = titles
  for _, row in ipairs(list.rows) do
    local cells = {}
    for i, column in ipairs(list.columns) do cells[i] = row[column[2]] end
    lines[#lines + 1] = cells
  end
  print_lines(context, table_view.lines(lines))
end

--- The names of all fields above their columns.
local function title_row(list)
  local titles = {}
  for _, column in ipairs(list.columns) do titles[column[2]] = column[1] end
  for name, title in pairs(list.titles or {}) do titles[name] = title end
  return titles
end

local function split_tabs(line)
  local cells = {}
  for cell in (line .. "\t"):gmatch("([^\t]*)\t") do cells[#cells + 1] = cell end
  return cells
end

local function print_table(context, list, source)
  local parts = template.parse(source)
  local lines = { split_tabs(template.render(parts, title_row(list))) }
  for _, row in ipairs(list.rows) do
    lines[#lines + 1] = split_tabs(template.render(parts, row))
  end
  print_lines(context, table_view.lines(lines))
end

local function print_template(context, list, source)
  local parts = template.parse(source)
  template.render(parts, title_row(list)) -- a wrong field is told even when there are no rows
  for _, row in ipairs(list.rows) do context.out:write(template.render(parts, row), "\n") end
end

function listing.print(context, list)
  local options = context.options
  local format = options.format
  if options.quiet then
    for _, row in ipairs(list.rows) do context.out:line("%s", row[list.quiet]) end
  elseif format == nil or format == "table" then
    print_columns(context, list)
  elseif format == "json" then
    for _, row in ipairs(list.rows) do context.out:json_line(row) end
  elseif format:find("^table ") then
    print_table(context, list, format:sub(7))
  else
    print_template(context, list, format)
  end
end

return listing
