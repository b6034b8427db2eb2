--- The commands in the order `lamina help` shows them: { name, summary }. A new command is a file
-- cmd/NAME.lua and a row here; tests/spec/cli/commands_spec.lua compares the two. It is a list of
-- its own so that help and a misspelt name load no command.
return {
  { title = "Containers", { "run", "Run a command in a new container" },
    { "start", "Run a container's command again" } },
  { title = "Images", { "images", "List images" },
    { "import", "Make an image of a root file system in a tar" } },
  { title = "Machine", { "doctor", "Say what this kernel and machine allow" },
    { "version", "Show the version" },
    { "help", "Show how a command is used" } },
}
