--- The commands in the order `lamina help` shows them: { name, summary }. A new command is a file
-- cmd/NAME.lua and a row here; tests/spec/cli/commands_spec.lua compares the two. It is a list of
-- its own so that help and a misspelt name load no command.
return {
  { title = "Recipes", { "build", "Build an image from a recipe" },
    { "plan", "Print the plan that a recipe evaluates to, as JSON" } },
  { title = "Containers", { "run", "Run a command in a new container" },
    { "start", "Run a container's command again" },
    { "exec", "Run a further command in a running container" },
    { "commit", "Make an image of a container" },
    { "cp", "Copy files between a container and the host" },
    { "diff", "List what a container has changed" },
    { "export", "Write a container's files as a flat tar" },
    { "ps", "List containers" },
    { "rm", "Remove containers" } },
  { title = "Images", { "images", "List images" },
    { "tag", "Give an image another name" },
    { "rmi", "Remove images" },
    { "history", "Show how an image was made" },
    { "inspect", "Show all about images and containers" },
    { "import", "Make an image of a root file system in a tar" },
    { "save", "Write images to an archive or a layout" },
    { "load", "Load images from an archive or a layout" } },
  { title = "Dockerfiles", { "parse", "Show how a Dockerfile is read" } },
  { title = "Machine", { "prune", "Remove what isn't needed any more" },
    { "fsck", "Check the store, and repair it" },
    { "version", "Show the version" },
    { "help", "Show how a command is used" } },
}
