/* l_layer.c - require "lamina.core.layer": layers between tars and directories.
 *
 *   local info = assert(layer.apply("rootfs.tar.gz", dir))      -- info.diff_id
 *   local info = assert(layer.pack(dir))                        -- the same, if it was canonical
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/beneath.h"
#include "bind/l_copy.h"
#include "bind/l_file.h"
#include "bind/l_value.h"
#include "bind/lamlua.h"
#include "layer/apply.h"
#include "layer/changes.h"
#include "layer/pack.h"
#include "layer/seal.h"
#include "layer/tarhead.h"
#include "sys/overlay.h"

static const char *const compression_names[] = { "none", "gzip", "zstd", "xz", "bzip2", NULL };

/* A source or output that is a path or a descriptor. A descriptor is borrowed: *owned stays -1. */
static int open_either(lua_State *L, int index, int flags, int *owned, struct lam_err *err)
{
	const char *path;

	*owned = -1;
	if (lua_isinteger(L, index))
		return (int)lua_tointeger(L, index);
	path = lua_tostring(L, index);
	*owned = open(path, flags | O_CLOEXEC | O_NOCTTY, 0600);
	return *owned >= 0 ? *owned : lam_err_set(err, errno, "open %s", path);
}

static void check_either(lua_State *L, int index, const char *what)
{
	if (!lua_isinteger(L, index) && lua_type(L, index) != LUA_TSTRING)
		luaL_error(L, "%s: a path or a descriptor expected, got %s", what,
			   luaL_typename(L, index));
}

static void push_stream(lua_State *L, const struct lam_decoded *s, uint64_t entries, uint64_t bytes)
{
	lua_createtable(L, 0, 7);
	lua_pushfstring(L, "sha256:%s", s->diff_id);
	lua_setfield(L, -2, "diff_id");
	lua_pushfstring(L, "sha256:%s", s->digest);
	lua_setfield(L, -2, "digest");
	lua_pushinteger(L, (lua_Integer)s->size);
	lua_setfield(L, -2, "size");
	lua_pushinteger(L, (lua_Integer)s->tar_size);
	lua_setfield(L, -2, "tar_size");
	lua_pushstring(L, compression_names[s->compression]);
	lua_setfield(L, -2, "compression");
	lua_pushinteger(L, (lua_Integer)entries);
	lua_setfield(L, -2, "entries");
	lua_pushinteger(L, (lua_Integer)bytes);
	lua_setfield(L, -2, "bytes");
}

static void on_progress(void *L, uint64_t done)
{
	lamL_progress_rate(L, (long long)done);
}

static void read_limits(lua_State *L, int index, struct lam_apply_limits *limits)
{
	static const char *const known[] = { "entries", "bytes", "ratio", "depth",
					     "path",    "xattr", NULL };

	*limits = lam_apply_limits_default;
	if (lua_isnoneornil(L, index) || lua_getfield(L, index, "limits") == LUA_TNIL)
		return;
	lamL_checkkeys(L, -1, known);
	limits->entries = (uint64_t)lamL_intfield(L, -1, "entries", (lua_Integer)limits->entries);
	limits->bytes = (uint64_t)lamL_intfield(L, -1, "bytes", (lua_Integer)limits->bytes);
	limits->ratio = (unsigned)lamL_intfield(L, -1, "ratio", limits->ratio);
	limits->depth = (unsigned)lamL_intfield(L, -1, "depth", limits->depth);
	limits->path = (unsigned)lamL_intfield(L, -1, "path", limits->path);
	limits->xattr = (unsigned)lamL_intfield(L, -1, "xattr", limits->xattr);
}

/* What the caller knows of the input beforehand; a difference fails with EBADMSG. */
struct expected {
	const char *diff_id, *digest;
	lua_Integer size;
};

static int verify(const struct lam_applied *out, const struct expected *want, struct lam_err *err)
{
	if (want->digest && strcmp(want->digest + 7, out->stream.digest) != 0)
		return lam_err_set(err, EBADMSG, "the digest is sha256:%s, not %s",
				   out->stream.digest, want->digest);
	if (want->diff_id && strcmp(want->diff_id + 7, out->stream.diff_id) != 0)
		return lam_err_set(err, EBADMSG, "the diff ID is sha256:%s, not %s",
				   out->stream.diff_id, want->diff_id);
	if (want->size >= 0 && (uint64_t)want->size != out->stream.size)
		return lam_err_set(err, EBADMSG, "the size is %llu, not %lld",
				   (unsigned long long)out->stream.size, (long long)want->size);
	return 0;
}

static int apply_between(int source, const char *target, int root, const char *keep,
			 struct lam_apply *how, struct lam_applied *out, struct lam_err *err)
{
	lam_autofd kept = -1;
	lam_autofd into = root >= 0 ? lam_beneath_mkdirs(root, target, 0755, err)
				    : open(target, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (into < 0)
		return root >= 0 ? -1 : lam_err_set(err, errno, "open %s", target);
	if (keep) {
		kept = open(keep, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (kept < 0)
			return lam_err_set(err, errno, "open %s", keep);
	}
	how->keep = kept;
	return lam_apply(source, into, how, out, err);
}

static const char *digest_field(lua_State *L, int index, const char *key)
{
	const char *value = lamL_optfield(L, index, key, NULL);

	if (value && (strlen(value) != 71 || strncmp(value, "sha256:", 7) != 0))
		luaL_error(L, "option '%s': a sha256 digest expected", key);
	return value;
}

/* layer.apply(source, target[, {form="overlay"|"tree", root=, userxattr=, keep=, diff_id=,
 * digest=, size=, uid=, gid=, ids=, limits={…}}]) -> info | nil, err */
static int l_apply(lua_State *L)
{
	static const char *const known[] = { "form",    "root",   "userxattr", "keep",
					     "diff_id", "digest", "size",      "uid",
					     "gid",     "ids",    "limits",    NULL };
	const char *target = luaL_checkstring(L, 2), *keep, *form;
	struct lam_apply how = { .keep = -1, .progress = on_progress, .progress_data = L };
	struct expected want;
	struct lam_applied out;
	struct lam_err err;
	int source, owned, result, root;

	lua_settop(L, 3);
	check_either(L, 1, "source");
	if (!lua_isnil(L, 3))
		lamL_checkkeys(L, 3, known);
	form = lamL_optfield(L, 3, "form", "overlay");
	keep = lamL_optfield(L, 3, "keep", NULL);
	root = (int)lamL_intfield(L, 3, "root", -1);
	how.tree = strcmp(form, "tree") == 0;
	how.userxattr = lamL_boolfield(L, 3, "userxattr", 0);
	how.uid = lamL_intfield(L, 3, "uid", -1);
	how.gid = lamL_intfield(L, 3, "gid", -1);
	how.ids = (unsigned)lamL_intfield(L, 3, "ids", UINT_MAX);
	want.diff_id = digest_field(L, 3, "diff_id");
	want.digest = digest_field(L, 3, "digest");
	want.size = lamL_intfield(L, 3, "size", -1);
	read_limits(L, 3, &how.limits);
	source = open_either(L, 1, O_RDONLY, &owned, &err);
	if (source < 0)
		return lamL_fail(L, &err);
	result = apply_between(source, target, root, keep, &how, &out, &err);
	lam_auto_close(&owned);
	if (result < 0 || verify(&out, &want, &err) < 0)
		return lamL_fail(L, &err);
	push_stream(L, &out.stream, out.entries, out.bytes);
	return 1;
}

static int pack_from(const char *dir, int root, const struct lam_pack *how, struct lam_packed *out,
		     struct lam_err *err)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	lam_autofd from = root >= 0 ? lam_beneath_open(root, dir, flags, 0, err) : open(dir, flags);

	if (from < 0)
		return root >= 0 ? -1 : lam_err_set(err, errno, "open %s", dir);
	return lam_pack(from, how, out, err);
}

/* layer.pack(dir[, {form="overlay"|"tree", root=, output=, compression=, level=, epoch=}])
 * -> info | nil, err; without output only digests are made */
static int l_pack(lua_State *L)
{
	static const char *const known[] = { "form",        "root",  "output", "userxattr",
					     "compression", "level", "epoch",  NULL };
	const char *dir = luaL_checkstring(L, 1);
	struct lam_pack how = { .output = -1, .progress = on_progress, .progress_data = L };
	struct lam_packed out;
	struct lam_err err;
	int root, owned = -1, result;

	lua_settop(L, 2);
	if (!lua_isnil(L, 2))
		lamL_checkkeys(L, 2, known);
	root = (int)lamL_intfield(L, 2, "root", -1);
	how.tree = strcmp(lamL_optfield(L, 2, "form", "overlay"), "tree") == 0;
	how.level = (int)lamL_intfield(L, 2, "level", 0);
	how.epoch = lamL_intfield(L, 2, "epoch", -1);
	lua_pushstring(L, lamL_optfield(L, 2, "compression", "none"));
	how.compression = (enum lam_compression)luaL_checkoption(L, 3, NULL, compression_names);
	if (!lua_isnil(L, 2) && lua_getfield(L, 2, "output") != LUA_TNIL) {
		check_either(L, -1, "option 'output'");
		how.output = open_either(L, -1, O_WRONLY | O_CREAT | O_TRUNC, &owned, &err);
		if (how.output < 0)
			return lamL_fail(L, &err);
	}
	result = pack_from(dir, root, &how, &out, &err);
	lam_auto_close(&owned);
	if (result < 0)
		return lamL_fail(L, &err);
	push_stream(L, &out.stream, out.entries, out.bytes);
	return 1;
}

/* The layers below an upper as one read-only tree: the caller's descriptor, or a mount of the
 * directories, owned by a file userdata on the stack; -1 for none, -2 on failure. */
static int open_lower(lua_State *L, int index, struct lam_err *err)
{
	struct lam_overlay o = { 0 };
	const char **lowers;
	int *fd;

	if (lua_isnoneornil(L, index) || lua_getfield(L, index, "lower") == LUA_TNIL)
		return -1;
	if (lua_isinteger(L, -1))
		return (int)lua_tointeger(L, -1);
	luaL_checktype(L, -1, LUA_TTABLE);
	o.lowers = (size_t)luaL_len(L, -1);
	if (o.lowers == 0)
		return -1;
	lowers = lamL_scratch(L, (o.lowers + 1) * sizeof(*lowers));
	for (size_t i = 0; i < o.lowers; i++) {
		lua_geti(L, -2, (lua_Integer)i + 1);
		lowers[i] = luaL_checkstring(L, -1);
		lua_pop(L, 1);
	}
	o.lower = lowers;
	o.userxattr = lamL_boolfield(L, index, "userxattr", 0);
	fd = lamL_descriptor(L);
	*fd = lam_overlay_mount(&o, err);
	return *fd >= 0 ? *fd : -2;
}

static int open_upper(const char *path, struct lam_err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd >= 0 ? fd : lam_err_set(err, errno, "open %s", path);
}

static long seal(const char *path, int lower, struct lam_err *err)
{
	lam_autofd upper = open_upper(path, err);

	return upper < 0 ? -1 : lam_seal(upper, lower, err);
}

static const char *const seal_options[] = { "lower", "userxattr", NULL };

/* layer.seal(upper[, {lower={…}, userxattr=}]) -> { removed= } | nil, err */
static int l_seal(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	struct lam_err err;
	int lower;
	long removed;

	if (!lua_isnoneornil(L, 2))
		lamL_checkkeys(L, 2, seal_options);
	lower = open_lower(L, 2, &err);
	removed = lower == -2 ? -1 : seal(path, lower, &err);
	if (removed < 0)
		return lamL_fail(L, &err);
	lua_createtable(L, 0, 1);
	lua_pushinteger(L, removed);
	lua_setfield(L, -2, "removed");
	return 1;
}

/* Changes are collected as text first: pushing them may raise. */
static int collect(void *data, char kind, const char *path, struct lam_err *err)
{
	struct lam_buf *out = data;

	if (lam_buf_put(out, &kind, 1, err) < 0)
		return -1;
	return lam_buf_put(out, path, strlen(path) + 1, err);
}

static int collect_changes(const char *path, int lower, struct lam_buf *out, struct lam_err *err)
{
	lam_autofd upper = open_upper(path, err);

	return upper < 0 ? -1 : lam_changes(upper, lower, collect, out, err);
}

/* layer.changes(upper[, {lower={…}, userxattr=}]) -> { {kind="A"|"C"|"D", path=}, … } | nil, err */
static int l_changes(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	struct lam_buf *found;
	struct lam_err err;
	lua_Integer n = 0;
	int lower;

	if (!lua_isnoneornil(L, 2))
		lamL_checkkeys(L, 2, seal_options);
	lower = open_lower(L, 2, &err);
	found = lamL_buf(L);
	if (lower == -2 || collect_changes(path, lower, found, &err) < 0)
		return lamL_fail(L, &err);
	lua_newtable(L);
	for (size_t at = 0; at < found->len; at += strlen(found->data + at) + 1) {
		lua_createtable(L, 0, 2);
		lua_pushlstring(L, found->data + at, 1);
		lua_setfield(L, -2, "kind");
		lua_pushstring(L, found->data + at + 1);
		lua_setfield(L, -2, "path");
		lua_rawseti(L, -2, ++n);
	}
	return 1;
}

static int probe(int fd, struct lam_decoded *out, int *is_tar, struct lam_err *err)
{
	const struct lam_decode_limits limits = { UINT64_MAX, UINT_MAX };
	struct lam_decoder *decoder = lam_decoder_new(fd, -1, &limits, err);
	unsigned char block[512] = { 0 };
	const void *data;
	size_t have = 0;
	ssize_t n;

	if (!decoder)
		return -1;
	while (have < sizeof(block) && (n = lam_decoder_next(decoder, &data, err)) > 0) {
		size_t more = (size_t)n < sizeof(block) - have ? (size_t)n : sizeof(block) - have;

		memcpy(block + have, data, more);
		have += more;
	}
	out->compression = lam_decoder_compression(decoder);
	*is_tar = have == sizeof(block) && lam_tar_is_head(block);
	lam_decoder_free(decoder);
	return 0;
}

/* layer.probe(source) -> { compression=, tar= } | nil, err: what the first block says; a
 * descriptor is read from, so its position moves */
static int l_probe(lua_State *L)
{
	struct lam_decoded out = { .compression = LAM_COMPRESSION_NONE };
	struct lam_err err;
	int owned, is_tar = 0, source;

	check_either(L, 1, "source");
	source = open_either(L, 1, O_RDONLY | O_NONBLOCK, &owned, &err);
	if (source < 0)
		return lamL_fail(L, &err);
	if (probe(source, &out, &is_tar, &err) < 0)
		is_tar = 0; /* what can't be decompressed is no archive */
	lam_auto_close(&owned);
	lua_createtable(L, 0, 2);
	lua_pushstring(L, compression_names[out.compression]);
	lua_setfield(L, -2, "compression");
	lua_pushboolean(L, is_tar);
	lua_setfield(L, -2, "tar");
	return 1;
}

static const luaL_Reg functions[] = {
	{ "apply", l_apply },     { "pack", l_pack },   { "seal", l_seal },
	{ "changes", l_changes }, { "probe", l_probe }, { "copy", lamL_layer_copy },
	{ NULL, NULL },
};

int luaopen_lamina_core_layer(lua_State *L);
int luaopen_lamina_core_layer(lua_State *L)
{
	luaL_requiref(L, "lamina.core.fs", luaopen_lamina_core_fs, 0); /* its file types */
	lua_pop(L, 1);
	luaL_newlib(L, functions);
	return 1;
}
