/* l_upper.c - the part of lamina.core.layer that is about an overlay's upper directory. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/auto.h"
#include "bind/l_file.h"
#include "bind/l_layer.h"
#include "layer/changes.h"
#include "layer/clamp.h"
#include "layer/fold.h"
#include "layer/seal.h"
#include "sys/overlay.h"

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
		return lamL_checkfd(L, -1, "option 'lower'");
	if (!lua_istable(L, -1))
		return luaL_error(L, "option 'lower': a list or a descriptor expected, got %s",
				  luaL_typename(L, -1));
	o.lowers = (size_t)luaL_len(L, -1);
	if (o.lowers == 0)
		return -1;
	lowers = lamL_scratch(L, (o.lowers + 1) * sizeof(*lowers));
	for (size_t i = 0; i < o.lowers; i++) {
		lua_geti(L, -2, (lua_Integer)i + 1);
		if (lua_type(L, -1) != LUA_TSTRING)
			return luaL_error(L, "option 'lower': a path expected, got %s",
					  luaL_typename(L, -1));
		lowers[i] = lua_tostring(L, -1); /* kept alive by the list */
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

static int seal(const char *path, int lower, int userxattr, int strips, struct lam_sealed *out,
		struct lam_err *err)
{
	lam_autofd upper = open_upper(path, err);

	return upper < 0 ? -1 : lam_seal(upper, lower, userxattr, strips, out, err);
}

static void push_count(lua_State *L, const char *name, long long value)
{
	lua_pushinteger(L, value);
	lua_setfield(L, -2, name);
}

static const char *const seal_options[] = { "lower", "userxattr", "strips", NULL };

/* layer.seal(upper[, {lower={…}, userxattr=, strips=}])
 * -> { removed=, doubled=, doubled_bytes= } | nil, err */
static int l_seal(lua_State *L)
{
	const char *path = lamL_checkpath(L, 1);
	struct lam_err err;
	struct lam_sealed out;
	int lower, userxattr;

	lamL_options(L, 2, seal_options);
	lower = open_lower(L, 2, &err);
	userxattr = lamL_boolfield(L, 2, "userxattr", -1);
	if (lower == -2 ||
	    seal(path, lower, userxattr, lamL_boolfield(L, 2, "strips", 0), &out, &err) < 0)
		return lamL_fail(L, &err);
	lua_createtable(L, 0, 3);
	push_count(L, "removed", out.removed);
	push_count(L, "doubled", out.doubled);
	push_count(L, "doubled_bytes", out.doubled_bytes);
	return 1;
}

static int fold(const char *from, const char *to, int userxattr, struct lam_err *err)
{
	lam_autofd upper = open_upper(from, err);
	lam_autofd under = upper < 0 ? -1 : open_upper(to, err);

	return under < 0 ? -1 : lam_fold(upper, under, userxattr, err);
}

/* layer.fold(upper, under[, {userxattr=}]) -> true | nil, err: under becomes both */
static int l_fold(lua_State *L)
{
	static const char *const known[] = { "userxattr", NULL };
	const char *upper = lamL_checkpath(L, 1), *under = lamL_checkpath(L, 2);
	struct lam_err err;

	lamL_options(L, 3, known);
	if (fold(upper, under, lamL_boolfield(L, 3, "userxattr", 0), &err) < 0)
		return lamL_fail(L, &err);
	lua_pushboolean(L, 1);
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

static int collect_changes(const char *path, int lower, int userxattr, struct lam_buf *out,
			   struct lam_err *err)
{
	lam_autofd upper = open_upper(path, err);

	return upper < 0 ? -1 : lam_changes(upper, lower, userxattr, collect, out, err);
}

/* layer.changes(upper[, {lower={…}, userxattr=}]) -> { {kind="A"|"C"|"D", path=}, … } | nil, err */
static int l_changes(lua_State *L)
{
	const char *path = lamL_checkpath(L, 1);
	struct lam_buf *found;
	struct lam_err err;
	lua_Integer n = 0;
	int lower, userxattr;

	lamL_options(L, 2, seal_options);
	lower = open_lower(L, 2, &err);
	userxattr = lamL_boolfield(L, 2, "userxattr", -1);
	found = lamL_buf(L);
	if (lower == -2 || collect_changes(path, lower, userxattr, found, &err) < 0)
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

static int clamp(const char *path, int64_t epoch, struct lam_err *err)
{
	lam_autofd upper = open_upper(path, err);

	return upper < 0 ? -1 : lam_clamp(upper, epoch, err);
}

/* layer.clamp(dir, epoch) -> true | nil, err: no time after that */
static int l_clamp(lua_State *L)
{
	const char *path = lamL_checkpath(L, 1);
	int64_t epoch = luaL_checkinteger(L, 2);
	struct lam_err err;

	if (clamp(path, epoch, &err) < 0)
		return lamL_fail(L, &err);
	lua_pushboolean(L, 1);
	return 1;
}

static const luaL_Reg functions[] = {
	{ "clamp", l_clamp },     { "fold", l_fold }, { "seal", l_seal },
	{ "changes", l_changes }, { NULL, NULL },
};

void lamL_upper_functions(lua_State *L)
{
	luaL_setfuncs(L, functions, 0);
}
