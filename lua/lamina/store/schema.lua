--- The database of a store: its tables, and how an older one becomes the present one.
--
-- `pragma user_version` holds the version. A newer one is refused, an older one migrated in one
-- transaction. Times are Unix seconds; `boot` is the boot a record was made in, until a sync has
-- covered it (then NULL): a record of an earlier boot that never was is not believed.
local database = require "lamina.core.database"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"

local schema = {}

local migrations = {
  [[
  create table layers (
    diff_id text primary key, tar_size integer not null, bytes integer not null,
    entries integer not null, created integer not null, boot text,
    blob text, blob_size integer, blob_type text
  ) without rowid;
  create table images (
    id text primary key, manifest text not null, created integer not null,
    stored integer not null, size integer not null, layers text not null, boot text
  );
  create table names (
    name text primary key, image text not null references images (id), stored integer not null
  ) without rowid;
  create index names_image on names (image);
  create table containers (
    number integer primary key, id text not null unique, name text not null unique,
    image text, created integer not null, status text not null, exit_code integer,
    pid integer, pid_start integer, pid_boot text, started integer, finished integer,
    config text not null, layers text not null, base_layers integer not null
  );
  create table cache (
    key text primary key, diff_id text, record text not null, created integer not null,
    used integer not null
  ) without rowid;
  create table leases (
    workspace text not null, kind text not null, digest text not null,
    primary key (workspace, kind, digest)
  ) without rowid;
  ]],
  [[
  create table builds (id text primary key, started integer not null, record text not null);
  ]],
  [[
  alter table layers add column implied text; -- a JSON list of paths: exec/implied.lua
  ]],
  [[
  create table indexes (
    id text primary key, created integer not null, stored integer not null, boot text
  ) without rowid;
  create table members (
    index_id text not null references indexes (id), place integer not null,
    image text not null references images (id), platform text not null,
    primary key (index_id, place)
  ) without rowid;
  create index members_image on members (image);
  alter table names add column index_id text references indexes (id);
  ]],
  [[
  create table digests (
    name text not null, image text not null references images (id) on delete cascade,
    primary key (name, image)
  ) without rowid;
  ]],
  [[
  alter table cache add column uses integer not null default 0;
  ]],
  [[
  create table attestations (
    image text not null references images (id) on delete cascade, manifest text not null,
    subject text not null, blobs text not null, is_own integer not null,
    primary key (image, manifest)
  ) without rowid;
  ]],
}

schema.version = #migrations

local function version_of(db)
  return failure.check(db:row "pragma user_version").user_version
end

local function refuse_newer(version, path)
  if version <= schema.version then return end
  failure.raise("unsupported",
    ("%s was written by a newer lamina (version %d of the store, this one knows %d)"):format(
      path, version, schema.version), { hint = "use that lamina, or another --root" })
end

local function refuse_older(version, path)
  failure.raise("unsupported",
    ("%s was written by an older lamina (version %d of the store, this one knows %d)"):format(
      path, version, schema.version),
    { hint = "make it writable once, so that it can be brought up to date" })
end

local function migrate(db, path)
  local made = failure.check(db:transaction(function()
    local from = version_of(db) -- another process may have been first
    refuse_newer(from, path)
    for version = from + 1, schema.version do
      failure.check(db:exec(migrations[version]))
      failure.check(db:exec(("pragma user_version = %d"):format(version)))
    end
    return from == 0
  end))
  -- a power loss must not leave blobs and no tables: that looks like a database that was lost
  if made then failure.check(fs.syncfs(path)) end
end

local function explain(err, path)
  if err.errno ~= "SQLITE_CORRUPT" then return err end
  return failure.new("corrupt", ("%s is damaged: %s"):format(path, err.message),
    { hint = "`lamina fsck --repair` makes it again from what is there" })
end

--- Reading needs files beside the database, which a read-only file system doesn't let us make:
-- there it is opened as one that nobody changes, unless a log says that somebody did.
local function open(path, readonly)
  local db, err = database.open(path, { readonly = readonly })
  local row = db and readonly and db:row "pragma schema_version"
  if not readonly or row then return db, err end
  if db then db:close() end
  local log = fs.stat(path .. "-wal")
  return database.open(path, { readonly = true, immutable = log == nil or log.size == 0 })
end

--- Opens the database of a store and brings it to the present version.
function schema.open(path, readonly)
  local db, err = open(path, readonly)
  local ok, problem = pcall(function()
    failure.check(db, err)
    local version = version_of(db)
    refuse_newer(version, path)
    if version < schema.version then
      if readonly then refuse_older(version, path) end
      migrate(db, path)
    end
  end)
  if ok then return db end
  if db then db:close() end
  error(failure.is(problem) and explain(problem, path) or problem, 0)
end

return schema
