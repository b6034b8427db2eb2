std = "lua54"
max_line_length = 100
files["tests/"] = { std = "+busted" }
files["recipes/"] = {
  read_globals = { "from", "arg", "image", "context", "cache", "bind", "tmpfs", "secret", "ssh",
    "merge", "diff", "git", "http", "shell", "json", "yaml", "read", "glob", "exists", "platform",
    "target_platform", "instruction", "use" },
}
-- A `<close>` variable is held for its scope, not for its name.
ignore = { "211/_.*" }
