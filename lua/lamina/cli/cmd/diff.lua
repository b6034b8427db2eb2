local changes = require "lamina.commit.changes"

return {
  name = "diff",
  summary = "List what a container has changed",
  usage = "diff CONTAINER",
  help = [[
Against the image it was made from: A for what was added, C for what was changed, D for what was
deleted.]],
  example = "lamina diff git",
  arguments = { { name = "CONTAINER", kind = "container" } },
  needs = "join",
  run = function(context)
    local record = context.store.containers:get(context.arguments[1])
    for _, change in ipairs(changes.of(context.store, record)) do
      context.out:line("%s %s", change.kind, change.path)
    end
  end,
}
