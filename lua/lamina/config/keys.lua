--- Every setting that a configuration file may have, a row each. Files are read and checked by
-- these rows, `lamina doctor` tells what is in force from them, and the documentation
-- (recipes/configuration.md) is held to them.
--
--   { name = "build.jobs", kind = "integer", help = "…", default = … }
--
-- kind is one of kind.lua, with its `least`, `most` or `choices`. `otherwise` says in words what
-- holds where nothing is set and there is no `default`; durations are milliseconds, sizes bytes.
-- `variable` is the environment's name for it, `unit` that of a bare number there.
local keys = {}

local day = 24 * 3600 * 1000

keys.rows = {
  { name = "store", kind = "path", variable = "LAMINA_ROOT",
    otherwise = "/var/lib/lamina for root, ~/.local/share/lamina for others",
    help = "the directory with images, layers, containers and the cache, as --root" },
  { name = "pull", kind = "choice", choices = { "always", "missing", "never" },
    variable = "LAMINA_PULL", default = "missing",
    help = "when images that build and run name are looked up in their registries" },
  { name = "certificates", kind = "path", variable = "LAMINA_CERTS",
    otherwise = "certs.d of ~/.config/containers, /etc/containers and /etc/docker",
    help = "a folder with HOST/*.crt, whom to trust, and HOST/*.cert and *.key, who we are" },

  { name = "build.jobs", kind = "integer", least = 1, most = 1000,
    otherwise = "as many as processors, 4 at least", help = "how many steps run at the same time" },
  { name = "build.network", kind = "choice", choices = { "default", "host", "none" },
    default = "default", help = "the network of steps that name none themselves" },
  { name = "build.progress", kind = "choice", default = "auto",
    choices = { "auto", "plain", "live", "json", "quiet" }, help = "how progress is shown" },
  { name = "build.sync", kind = "boolean", default = false,
    help = "whether a build ends when the image is on the disk, not before" },
  { name = "build.cache-from", kind = "texts", otherwise = "none",
    help = "where to take what other builders have made from, as with the option" },
  { name = "build.cache-to", kind = "texts", otherwise = "none",
    help = "where to write what the steps have made to, as with the option" },
  { name = "prune.keep-storage", kind = "size", default = 0,
    help = "so much of the build cache stays when lamina prune isn't told how much" },

  { name = "limits.tries", kind = "integer", least = 1, most = 100, variable = "LAMINA_TRIES",
    default = 5, help = "how often a request to a registry is made before it has failed" },
  { name = "limits.retry-pause", kind = "duration", least = 0, most = 60000,
    variable = "LAMINA_RETRY_MS", unit = "ms", default = 200,
    help = "the pause before the second try; each one is twice as long as the last" },
  { name = "limits.stall", kind = "duration", least = 0, most = day,
    variable = "LAMINA_STALL", unit = "s", default = 30000,
    help = "after how many seconds of silence a registry is given up; 0: never" },
  { name = "limits.transfers", kind = "integer", least = 1, most = 64,
    otherwise = "as many as processors, 6 at least",
    help = "how many layers are on their way from or to a registry at the same time" },
  { name = "limits.archive-bytes", kind = "size", least = 1, default = 64 << 30,
    help = "how large a layer or another archive may be, decompressed and unpacked" },
  { name = "limits.archive-entries", kind = "integer", least = 1, most = 1000000000,
    default = 2000000, help = "how many files and directories an archive may hold" },
  { name = "limits.archive-ratio", kind = "integer", least = 1, most = 1000000, default = 1000,
    help = "how many times an archive may grow when it is decompressed, beyond 64 MiB" },
  { name = "limits.recipe-size", kind = "size", least = 1, most = 1 << 30, default = 1 << 20,
    help = "how large a recipe or Dockerfile may be" },
  { name = "limits.recipe-memory", kind = "size", least = 1 << 20, most = 16 << 30,
    default = 64 << 20, help = "how much memory a recipe may use while it is evaluated" },
  { name = "limits.recipe-instructions", kind = "integer", least = 1000, most = 1 << 50,
    default = 100000000, help = "how many of Lua's instructions its evaluation may take" },
  { name = "limits.recipe-time", kind = "duration", least = 1, most = day, default = 10000,
    help = "how long its evaluation may take" },
  { name = "limits.log-size", kind = "size", least = 1024, most = 1 << 40, default = 64 << 20,
    help = "how much of what a step writes is kept for logs" },
  { name = "limits.builds", kind = "integer", least = 1, most = 100000, default = 200,
    help = "of how many builds the records are kept" },
}

-- What there is for each registry, as "registries.HOST.NAME". Their variables have a form of their
-- own (environment.lua).
keys.registry_rows = {
  { name = "mirrors", kind = "urls", variable = "LAMINA_MIRRORS", otherwise = "none",
    help = "who is asked for its images first, in this order: https://HOST, http://HOST:PORT" },
  { name = "insecure", kind = "boolean", variable = "LAMINA_PLAIN_HTTP",
    otherwise = "only hosts of this machine",
    help = "whether it is spoken to over plain http; false: this machine's over TLS, too" },
  { name = "ca", kind = "path", otherwise = "HOST/*.crt in certificates, else the machine's",
    help = "a file with the certificates to verify it against" },
  { name = "cert", kind = "path", otherwise = "HOST/*.cert in certificates",
    help = "a file with a certificate that says who we are" },
  { name = "key", kind = "path", otherwise = "HOST/*.key in certificates",
    help = "the file with that one's key" },
  { name = "token-servers", kind = "hosts", variable = "LAMINA_TOKEN_SERVERS", otherwise = "none",
    help = "further hosts that our password there may be shown to for a token" },
}

keys.by_name = {}
for _, row in ipairs(keys.rows) do keys.by_name[row.name] = row end

--- The rows as a tree: { build = { jobs = ROW }, registries = { ["*"] = { mirrors = ROW } } }. A
-- row is a leaf: it has a kind.
function keys.tree()
  local tree, registry = {}, {}
  for _, row in ipairs(keys.rows) do
    local section, name = row.name:match("^([^.]+)%.(.+)$")
    if section then tree[section] = tree[section] or {} end
    (section and tree[section] or tree)[name or row.name] = row
  end
  for _, row in ipairs(keys.registry_rows) do registry[row.name] = row end
  tree.registries = { ["*"] = registry }
  return tree
end

return keys
