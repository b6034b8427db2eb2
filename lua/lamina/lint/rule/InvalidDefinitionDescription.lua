--- The comment that stands right before an instruction.
local function comment_before(instruction)
  local last = instruction.before[#instruction.before]
  if not last or not last:find("^#") then return nil end
  return last:match("^#%s*(.*)$")
end

local function is_directive(subject, instruction)
  for _, one in ipairs(subject.file.directives) do
    if one.line == instruction.line - 1 then return true end
  end
  return false
end

local function names_of(instruction)
  if instruction.instruction == "FROM" then return { instruction.args[3] } end
  if instruction.instruction ~= "ARG" then return {} end
  local names = {}
  for i, word in ipairs(instruction.args) do names[i] = word:match("^[^=]*") end
  return names
end

local function is_one_of(word, names)
  for _, name in ipairs(names) do
    if name == word then return true end
  end
  return false
end

return {
  name = "InvalidDefinitionDescription", level = "warning", needs = "dockerfile",
  is_experimental = true,
  summary = "the comment before a stage or ARG doesn't begin with its name",
  why = "Tools show such a comment as the description, when its first word is the name.",
  check = function(subject, report)
    for _, instruction in ipairs(subject.file.instructions) do
      local names, comment = names_of(instruction), comment_before(instruction)
      if #names > 0 and comment and not is_directive(subject, instruction)
        and not is_one_of(comment:match("^%S*"), names) then
        report(instruction.line, ("the comment before the %s doesn't describe '%s'"):format(
          instruction.instruction == "FROM" and "stage" or "argument", names[1]),
          ("# %s %s, or an empty line behind the comment"):format(names[1], comment))
      end
    end
  end,
}
