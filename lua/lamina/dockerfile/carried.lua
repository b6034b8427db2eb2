--- A trigger of a user's own instruction, as an image keeps it: the files that know the
-- instruction stand before it, as comments, so that a build on the image needs nothing else.
--
--   # lamina: file=note.lua
--   #|instruction("note", {
--   #|…
--   NOTE --to=$TO a note
--
--   carried.write({ { name = "note.lua", text = "…" } }, "NOTE …") -> the trigger
--   carried.read(trigger) -> the files, the instruction, "`" or nil
--
-- Where the instruction isn't read with "\" as the escape, a directive comes before the files.
local carried = {}

--- The trigger of an instruction and its files, in the order in which they are loaded. `escape` is
-- the character that the instruction is read with, nil for "\".
function carried.write(files, instruction, escape)
  local lines = {}
  if escape == "`" and instruction:find("[`\\]") then lines[1] = "# escape=`" end
  for _, file in ipairs(files) do
    lines[#lines + 1] = "# lamina: file=" .. file.name
    for line in (file.text:gsub("\n$", "") .. "\n"):gmatch("([^\n]*)\n") do
      lines[#lines + 1] = "#|" .. line
    end
  end
  lines[#lines + 1] = instruction
  return table.concat(lines, "\n")
end

--- A trigger's files, its instruction and what that is read with. One without files is all
-- instruction.
function carried.read(trigger)
  local files, escape, at = {}, trigger:match("^# escape=(`)\n()")
  at = at or 1
  while true do
    local name, behind = trigger:match("^# lamina: file=([^\n]+)\n()", at)
    if not name then return files, trigger:sub(at), escape end
    local lines = {}
    at = behind
    local line
    line, behind = trigger:match("^#|([^\n]*)\n()", at)
    while line do
      lines[#lines + 1], at = line, behind
      line, behind = trigger:match("^#|([^\n]*)\n()", at)
    end
    files[#files + 1] = { name = name, text = table.concat(lines, "\n") .. "\n" }
  end
end

return carried
