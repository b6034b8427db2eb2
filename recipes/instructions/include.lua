-- INCLUDE FILE …: the instructions of a part of a Dockerfile, a file of the build context.
--
--   use "include"                                  # lamina: use=include
--   stage:include "parts/tools"                    INCLUDE parts/tools
instruction("include", {
  help = "Carry out the instructions of another file",
  args = { form = "words", least = 1 },
  apply = function(stage, call)
    for _, path in ipairs(call.args) do
      stage = stage:dockerfile(read(path), { name = path })
    end
    return stage
  end,
})
