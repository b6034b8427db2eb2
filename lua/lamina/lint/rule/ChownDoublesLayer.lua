local chain = require "lamina.lint.chain"

local most_copies = 100 -- of one chain; each is compared with each change behind it

--- The paths that a command changes with -R.
local function changed(command, workdir)
  local paths = {}
  for part in chain.parts(command) do
    local program, rest = part:match("%f[%w](ch[om][wo][nd])%s+(.*)$")
    if program and (" " .. rest):find("%s%-%a*R") then
      local word = rest:reverse():match("^%s*(%S+)"):reverse()
      paths[#paths + 1] = { program = program, path = chain.absolute(word, workdir) }
    end
  end
  return paths
end

local function is_below(path, top)
  return top == "/" or path == top or path:sub(1, #top + 1) == top .. "/"
end

return {
  name = "ChownDoublesLayer", level = "advice", needs = "plan",
  summary = "files are copied, and their owner or mode is changed in a later step",
  why = "The changed files are in the image a second time, in the later layer.",
  check = function(subject, report)
    for _, list in ipairs(chain.all(subject.plan)) do
      local copied = {}
      chain.each_at(list, function(step, workdir)
        if (step.op == "copy" or step.op == "add") and #copied < most_copies then
          copied[#copied + 1] = { path = chain.absolute(step.destination, workdir),
            line = step.line or 1 }
        end
        for _, one in ipairs(changed(chain.command(step), workdir)) do
          for _, copy in ipairs(copied) do
            if one.path and copy.path and is_below(copy.path, one.path) then
              report(step, ("%s -R %s doubles what line %d copies"):format(one.program,
                one.path, copy.line), one.program == "chown" and "copy with --chown (chown =)"
                or "copy with --chmod (chmod =)")
            end
          end
        end
      end)
    end
  end,
}
