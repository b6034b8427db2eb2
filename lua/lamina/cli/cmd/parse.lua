local dockerfile = require "lamina.cli.dockerfile"
local json = require "lamina.core.json"
local uses = require "lamina.cli.uses"

--- An instruction as data; its arguments are a list in every form.
local function data_of(instruction)
  local heredocs
  for i, one in ipairs(instruction.heredocs or {}) do
    heredocs = heredocs or {}
    heredocs[i] = { name = one.name, content = one.content, expand = one.expand }
  end
  return {
    instruction = instruction.instruction, line = instruction.line,
    endLine = instruction.end_line, json = instruction.json, flags = json.array(
      table.move(instruction.flags, 1, #instruction.flags, 1, {})),
    args = json.array(instruction.args), heredocs = heredocs and json.array(heredocs),
    onbuild = instruction.onbuild and data_of(instruction.onbuild),
  }
end

local function set_end_lines(instruction)
  if instruction.onbuild then
    instruction.onbuild.end_line = instruction.end_line
  end
end

local function shown(instruction)
  local words = { instruction.instruction }
  table.move(instruction.flags, 1, #instruction.flags, 2, words)
  if instruction.onbuild then
    words[#words + 1] = shown(instruction.onbuild)
  else
    for _, word in ipairs(instruction.args) do
      words[#words + 1] = instruction.json and json.encode(word) or word
    end
  end
  for _, one in ipairs(instruction.heredocs or {}) do
    words[#words + 1] = ("(%s: %d bytes)"):format(one.name, #one.content)
  end
  return table.concat(words, " ")
end

local function place(instruction)
  if instruction.end_line == instruction.line then return tostring(instruction.line) end
  return ("%d-%d"):format(instruction.line, instruction.end_line)
end

local function run(context)
  local parsed = dockerfile.read(context.arguments[1], context.options.use)
  local list = {}
  for i, instruction in ipairs(parsed.instructions) do
    set_end_lines(instruction)
    list[i] = data_of(instruction)
  end
  if context.options.json then return context.out:json(list) end
  for _, instruction in ipairs(parsed.instructions) do
    context.out:line("%s", ("%-7s %s"):format(place(instruction), shown(instruction)))
  end
end

return {
  name = "parse",
  summary = "Show how a Dockerfile is read",
  usage = "parse [--json] [FILE|-]",
  help = [[
Each instruction is shown with its lines, its flags and its arguments. With --json it is an array
of objects: "instruction", "line", "endLine", "flags" and "args"; "args" has one text for the
shell form, the elements for the JSON form (and then "json" is true), name, value, … for ENV and
LABEL. "heredocs" and "onbuild" are there where the instruction has them. FILE is Dockerfile or
Containerfile unless it is named.]],
  example = "lamina parse --json Dockerfile",
  arguments = { { name = "FILE", kind = "file", optional = true } },
  options = { { long = "json", help = "print JSON" }, uses.option },
  run = run,
}
