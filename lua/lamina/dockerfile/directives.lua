--- Parser directives: comments at the very top of a Dockerfile that have a meaning (SEMANTICS 4).
--
--   # syntax=docker/dockerfile:1     accepted; no front end is fetched, this one reads them all
--   # escape=`                       what continues a line and quotes a character
--   # check=skip=JSONArgsRecommended what `lamina check` leaves out
--   # lamina: use=./apt.lua          not a directive of Docker's: an ordinary comment to it
--
-- Behind a first line "#!…" `escape` isn't looked for any more, the others are.
local directives = {}

local known = { syntax = true, escape = true, check = true }

local escapes = { ["\\"] = true, ["`"] = true }

--- What is read so far: `is_open` until the first line that isn't a directive.
function directives.new()
  return { is_open = true, list = {}, escape = "\\" }
end

--- Takes a line that begins with "#", blanks before it removed. Answers whether it was one.
function directives.take(self, text, line, fail)
  if not self.is_open then return false end
  if line == 1 and text:find("^#!") then
    self.has_shebang = true
    return false
  end
  local name, value = text:match("^#%s*(%a%w*)%s*=%s*(.*)$")
  value = value and require("lamina.dockerfile.lines").trim_right(value)
  name = name and name:lower()
  if not name or value == "" or not known[name] or name == "escape" and self.has_shebang then
    self.is_open = false
    return false
  end
  if self[name .. "_line"] then
    fail(line, ("the directive '%s' is there a second time"):format(name),
      ("line %d has the first"):format(self[name .. "_line"]))
  end
  if name == "escape" then
    if not escapes[value] then
      fail(line, ("the directive 'escape' is \\ or `, not '%s'"):format(value))
    end
    self.escape = value
  end
  self[name .. "_line"] = line
  self.list[#self.list + 1] = { name = name, value = value, line = line }
  return true
end

return directives
