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
#include <unistd.h>

#include "base/auto.h"
#include "base/beneath.h"
#include "bind/l_copy.h"
#include "bind/l_file.h"
#include "bind/l_layer.h"
#include "bind/l_value.h"
#include "layer/apply.h"
#include "layer/pack.h"
#include "layer/tarhead.h"

void lamL_check_either(lua_State *L, int index, const char *what, struct lamL_either *e)
{
	*e = (struct lamL_either){ .fd = -1, .owned = -1 };
	if (lua_isinteger(L, index))
		e->fd = lamL_checkfd(L, index, what);
	else if (lua_type(L, index) == LUA_TSTRING)
		e->path = lua_tostring(L, index);
	else
		luaL_error(L, "%s: a path or a descriptor expected, got %s", what,
			   luaL_typename(L, index));
	if (e->path && strlen(e->path) != lua_rawlen(L, index))
		luaL_error(L, "%s: a path with a NUL byte", what);
}

int lamL_open_either(struct lamL_either *e, int flags, struct lam_err *err)
{
	if (!e->path)
		return 0;
	e->fd = e->owned = open(e->path, flags | O_CLOEXEC | O_NOCTTY, 0600);
	return e->fd >= 0 ? 0 : lam_err_set(err, errno, "open %s", e->path);
}

/* "overlay" or "tree". */
static int is_tree(lua_State *L, int index)
{
	const char *form = lamL_optfield(L, index, "form", "overlay");

	if (strcmp(form, "overlay") != 0 && strcmp(form, "tree") != 0)
		luaL_error(L, "option 'form': 'overlay' or 'tree' expected, got '%s'", form);
	return strcmp(form, "tree") == 0;
}

/* enum lam_compression, or `otherwise` where nothing is said. */
int lamL_compression_field(lua_State *L, int index, int otherwise)
{
	const char *name = lamL_optfield(L, index, "compression", NULL);

	for (int i = 0; name && i <= LAM_COMPRESSION_BZIP2; i++)
		if (strcmp(name, lam_compression_name((enum lam_compression)i)) == 0)
			return i;
	if (name)
		luaL_error(L,
			   "option 'compression': none, gzip, zstd, xz or bzip2 expected, got '%s'",
			   name);
	return otherwise;
}

void lamL_push_stream(lua_State *L, const struct lam_decoded *s, uint64_t entries, uint64_t bytes)
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
	lua_pushstring(L, lam_compression_name(s->compression));
	lua_setfield(L, -2, "compression");
	lua_pushinteger(L, (lua_Integer)entries);
	lua_setfield(L, -2, "entries");
	lua_pushinteger(L, (lua_Integer)bytes);
	lua_setfield(L, -2, "bytes");
}

static lua_Integer limit(lua_State *L, const char *key, lua_Integer otherwise, lua_Integer most)
{
	return lamL_rangefield(L, -1, key, otherwise, 1, most);
}

void lamL_read_limits(lua_State *L, int index, struct lam_apply_limits *limits)
{
	static const char *const known[] = { "entries", "bytes", "ratio",  "depth",
					     "path",    "xattr", "xattrs", NULL };

	*limits = lam_apply_limits_default;
	if (lua_isnoneornil(L, index) || lua_getfield(L, index, "limits") == LUA_TNIL)
		return;
	lamL_checkkeys(L, -1, known);
	limits->entries = (uint64_t)limit(L, "entries", (lua_Integer)limits->entries, LLONG_MAX);
	limits->bytes = (uint64_t)limit(L, "bytes", (lua_Integer)limits->bytes, LLONG_MAX);
	limits->ratio = (unsigned)limit(L, "ratio", limits->ratio, UINT_MAX);
	limits->depth = (unsigned)limit(L, "depth", limits->depth, UINT_MAX);
	limits->path = (unsigned)limit(L, "path", limits->path, UINT_MAX);
	limits->xattr = (unsigned)limit(L, "xattr", limits->xattr, UINT_MAX);
	limits->xattrs = (unsigned)limit(L, "xattrs", limits->xattrs, UINT_MAX);
}

int lamL_verify(const struct lam_decoded *s, const struct lamL_expected *want, struct lam_err *err)
{
	if (want->digest && strcmp(want->digest + 7, s->digest) != 0)
		return lam_err_set(err, EBADMSG, "the digest is sha256:%s, not %s", s->digest,
				   want->digest);
	if (want->diff_id && strcmp(want->diff_id + 7, s->diff_id) != 0)
		return lam_err_set(err, EBADMSG, "the diff ID is sha256:%s, not %s", s->diff_id,
				   want->diff_id);
	if (want->size >= 0 && (uint64_t)want->size != s->size)
		return lam_err_set(err, EBADMSG, "the size is %llu, not %lld",
				   (unsigned long long)s->size, (long long)want->size);
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

void lamL_read_expected(lua_State *L, int index, struct lamL_expected *want)
{
	want->diff_id = lamL_digestfield(L, index, "diff_id");
	want->digest = lamL_digestfield(L, index, "digest");
	want->size = lamL_rangefield(L, index, "size", -1, 0, LLONG_MAX);
}

static const char *const apply_options[] = { "form",    "root",   "userxattr", "keep",
					     "diff_id", "digest", "size",      "uid",
					     "gid",     "ids",    "limits",    "compression",
					     "grows",   NULL };

static void read_apply(lua_State *L, struct lam_apply *how, struct lamL_expected *want)
{
	lamL_options(L, 3, apply_options);
	how->tree = is_tree(L, 3);
	how->userxattr = lamL_boolfield(L, 3, "userxattr", 0);
	how->uid = lamL_rangefield(L, 3, "uid", -1, 0, 0xfffffffe);
	how->gid = lamL_rangefield(L, 3, "gid", -1, 0, 0xfffffffe);
	how->ids = (unsigned)lamL_rangefield(L, 3, "ids", UINT_MAX, 1, UINT_MAX);
	how->compression = lamL_compression_field(L, 3, -1);
	lamL_read_expected(L, 3, want);
	lamL_read_limits(L, 3, &how->limits);
	if (lamL_boolfield(L, 3, "grows", 0) && want->size < 0)
		luaL_error(L, "option 'grows': it needs 'size'");
	how->whole = lamL_boolfield(L, 3, "grows", 0) ? (uint64_t)want->size : 0;
}

/* Sets the field `implied` of the table at the top: a list of paths, where there are any. */
static void push_implied(lua_State *L, const struct lam_buf *implied)
{
	lua_Integer n = 0;

	if (implied->len == 0)
		return;
	lua_newtable(L);
	for (size_t at = 0; at < implied->len; at += strlen(implied->data + at) + 1) {
		lua_pushstring(L, implied->data + at);
		lua_rawseti(L, -2, ++n);
	}
	lua_setfield(L, -2, "implied");
}

/* layer.apply(source, target[, {form="overlay"|"tree", root=, userxattr=, keep=, diff_id=,
 * digest=, size=, grows=, compression=, uid=, gid=, ids=, limits={…}}]) -> info | nil, err */
static int l_apply(lua_State *L)
{
	const char *target = lamL_checkpath(L, 2), *keep;
	struct lam_apply how = { .keep = -1, .progress = lamL_progress_rate, .progress_data = L };
	struct lamL_expected want;
	struct lam_applied out;
	struct lamL_either source;
	struct lam_err err;
	int result, root;

	lua_settop(L, 3);
	lamL_check_either(L, 1, "source", &source);
	read_apply(L, &how, &want);
	how.implied = lamL_buf(L);
	keep = lamL_optfield(L, 3, "keep", NULL);
	root = lamL_rootfield(L, 3);
	if (lamL_open_either(&source, O_RDONLY, &err) < 0)
		return lamL_fail(L, &err);
	result = apply_between(source.fd, target, root, keep, &how, &out, &err);
	lam_auto_close(&source.owned);
	if (result < 0 || lamL_verify(&out.stream, &want, &err) < 0)
		return lamL_fail(L, &err);
	lamL_push_stream(L, &out.stream, out.entries, out.bytes);
	push_implied(L, how.implied);
	return 1;
}

static int pack_from(const char *dir, int root, const struct lam_pack *how, struct lam_packed *out,
		     struct lam_err *err)
{
	lam_autofd from = lam_open_at(root, dir, O_RDONLY | O_DIRECTORY, 0, err);

	return from < 0 ? -1 : lam_pack(from, how, out, err);
}

static const char *const pack_options[] = { "form",        "root",  "output", "userxattr",
					    "compression", "level", "epoch",  NULL };

static void read_pack(lua_State *L, struct lam_pack *how)
{
	lamL_options(L, 2, pack_options);
	how->tree = is_tree(L, 2);
	how->userxattr = lamL_boolfield(L, 2, "userxattr", -1);
	how->level = (int)lamL_rangefield(L, 2, "level", 0, 1, 22);
	how->epoch = lamL_rangefield(L, 2, "epoch", -1, 0, LLONG_MAX);
	how->compression = (enum lam_compression)lamL_compression_field(L, 2, LAM_COMPRESSION_NONE);
	if (how->compression > LAM_COMPRESSION_ZSTD)
		luaL_error(L, "option 'compression': layers are written as none, gzip or zstd");
	if (how->compression == LAM_COMPRESSION_GZIP && how->level > 3)
		luaL_error(L, "option 'level': gzip has 1 to 3, got %d", how->level);
}

/* layer.pack(dir[, {form="overlay"|"tree", root=, output=, userxattr=, compression=, level=,
 * epoch=}]) -> info | nil, err; without output only digests are made */
static int l_pack(lua_State *L)
{
	const char *dir = lamL_checkpath(L, 1);
	struct lam_pack how = { .output = -1, .progress = lamL_progress_rate, .progress_data = L };
	struct lamL_either output = { .fd = -1, .owned = -1 };
	struct lam_packed out;
	struct lam_err err;
	int root, result;

	lua_settop(L, 2);
	read_pack(L, &how);
	root = lamL_rootfield(L, 2);
	if (!lua_isnil(L, 2) && lua_getfield(L, 2, "output") != LUA_TNIL)
		lamL_check_either(L, -1, "option 'output'", &output);
	if (lamL_open_either(&output, O_WRONLY | O_CREAT | O_TRUNC, &err) < 0)
		return lamL_fail(L, &err);
	how.output = output.fd;
	result = pack_from(dir, root, &how, &out, &err);
	lam_auto_close(&output.owned);
	if (result < 0)
		return lamL_fail(L, &err);
	lamL_push_stream(L, &out.stream, out.entries, out.bytes);
	return 1;
}

/* Collects the first block; 0 when the input has less. */
static int first_block(struct lam_decoder *decoder, unsigned char block[512], struct lam_err *err)
{
	const void *data;
	size_t have = 0;
	ssize_t n;

	while (have < 512) {
		size_t more = 512 - have;

		n = lam_decoder_next(decoder, &data, err);
		if (n <= 0)
			return (int)n;
		more = (size_t)n < more ? (size_t)n : more;
		memcpy(block + have, data, more);
		have += more;
	}
	return 1;
}

/* What can't be decompressed is no archive, and no failure either. */
static int probe(int fd, enum lam_compression *compression, int *is_tar, struct lam_err *err)
{
	const struct lam_decode_limits limits = { UINT64_MAX, UINT_MAX, 0 };
	struct lam_decoder *decoder = lam_decoder_new(fd, -1, &limits, err);
	unsigned char block[512];
	int result;

	if (!decoder)
		return err->num == EBADMSG ? 0 : -1;
	*compression = lam_decoder_compression(decoder);
	result = first_block(decoder, block, err);
	*is_tar = result > 0 && lam_tar_is_head(block);
	lam_decoder_free(decoder);
	return result < 0 && err->num != EBADMSG ? -1 : 0;
}

/* layer.probe(source) -> { compression=, tar= } | nil, err: what the first block says; a
 * descriptor is read from, so its position moves */
static int l_probe(lua_State *L)
{
	enum lam_compression compression = LAM_COMPRESSION_NONE;
	int is_tar = 0, result;
	struct lamL_either source;
	struct lam_err err;

	lamL_check_either(L, 1, "source", &source);
	if (lamL_open_either(&source, O_RDONLY | O_NONBLOCK, &err) < 0)
		return lamL_fail(L, &err);
	result = probe(source.fd, &compression, &is_tar, &err);
	lam_auto_close(&source.owned);
	if (result < 0)
		return lamL_fail(L, &err);
	lua_createtable(L, 0, 2);
	lua_pushstring(L, lam_compression_name(compression));
	lua_setfield(L, -2, "compression");
	lua_pushboolean(L, is_tar);
	lua_setfield(L, -2, "tar");
	return 1;
}

static const luaL_Reg functions[] = {
	{ "apply", l_apply },        { "pack", l_pack }, { "probe", l_probe },
	{ "copy", lamL_layer_copy }, { NULL, NULL },
};

int luaopen_lamina_core_layer(lua_State *L);
int luaopen_lamina_core_layer(lua_State *L)
{
	luaL_requiref(L, "lamina.core.fs", luaopen_lamina_core_fs, 0); /* its file types */
	lua_pop(L, 1);
	lamL_copy_type(L);
	luaL_newlib(L, functions);
	lamL_upper_functions(L);
	lamL_recode_functions(L);
	return 1;
}
