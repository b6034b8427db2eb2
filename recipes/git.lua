-- Debian with git: the recipe of `make demo`.
--
--   lamina build -t bombo/debian:git01 -f recipes/git.lua .
local base = from "debian"

local git = base
  :run "apt-get update"
  :run "apt-get install -y git"

return image(git, { name = "bombo/debian:git01", cmd = { "git", "--version" } })
