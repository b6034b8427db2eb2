/* l_scan.c - see l_scan.h
 *
 *   local scan <close> = assert(fs.scan(fd, { ignore = matcher, memory = path }))
 *   scan:digest("src")
 */
#include "bind/l_scan.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>

#include "bind/l_file.h"
#include "bind/l_inode.h"
#include "layer/content.h"
#include "layer/scan.h"
#include "layer/scanmatch.h"

#define SCAN_TYPE "lamina.scan"

enum { PATHS_MAX = 1 << 24 };

/* A Lua function that is asked about paths while C walks. It may raise, but not through C code
 * that owns something: the error waits on the stack until C is done. */
struct question {
	lua_State *L;
	int index; /* of the function; 0: none */
	const char *what;
	const char *path;
	int is_dir, verdict, has_raised;
};

struct scan_box {
	struct lam_scan *scan; /* NULL once closed */
	struct lam_content *content;
	struct question ignore;
	int is_busy; /* one of those functions runs */
};

/* Runs protected: question -> (fills in the verdict) */
static int l_ask(lua_State *L)
{
	static const char *const names[] = { "keep", "skip", "prune" };
	struct question *q = lua_touserdata(L, 1);
	const char *answer;

	lua_pushvalue(L, 2);
	lua_pushstring(L, q->path);
	lua_pushboolean(L, q->is_dir);
	lua_call(L, 2, 1);
	answer = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
	for (int i = 0; i < 3; i++) {
		if (strcmp(answer, names[i]) == 0) {
			q->verdict = i; /* the order of enum lam_scan_verdict */
			return 0;
		}
	}
	return luaL_error(L, "%s: \"keep\", \"skip\" or \"prune\" expected, got %s", q->what,
			  luaL_tolstring(L, -1, NULL));
}

static int ask(void *arg, const char *path, int is_dir, struct lam_err *err)
{
	struct question *q = arg;

	q->path = path;
	q->is_dir = is_dir;
	lua_pushcfunction(q->L, l_ask);
	lua_pushlightuserdata(q->L, q);
	lua_pushvalue(q->L, q->index);
	if (lua_pcall(q->L, 2, 0, 0) == LUA_OK)
		return q->verdict;
	q->has_raised = 1;
	return lam_err_set(err, 0, "%s failed", q->what);
}

static int l_free(lua_State *L)
{
	struct scan_box *box = luaL_checkudata(L, 1, SCAN_TYPE);

	luaL_argcheck(L, !box->is_busy, 1, "the scan is in use");
	lam_content_free(box->content);
	lam_scan_free(box->scan);
	box->content = NULL;
	box->scan = NULL;
	return 0;
}

/* Begins a method: its arguments are `top` at most, the ignore function comes behind them. */
static struct scan_box *begin(lua_State *L, int top)
{
	struct scan_box *box = luaL_checkudata(L, 1, SCAN_TYPE);

	luaL_argcheck(L, box->scan != NULL, 1, "the scan is closed");
	luaL_argcheck(L, !box->is_busy, 1, "the scan is in use");
	luaL_checkstack(L, 20, "scan");
	lua_settop(L, top);
	if (lua_getiuservalue(L, 1, 1) == LUA_TFUNCTION) {
		box->ignore = (struct question){ .L = L, .index = top + 1, .what = "ignore" };
		lam_scan_set_filter(box->scan, ask, &box->ignore);
	}
	return box;
}

/* Ends one; an error that a function raised goes on. */
static void end(lua_State *L, struct scan_box *box, const struct question *other)
{
	lam_scan_rest(box->scan);
	box->is_busy = 0;
	if (box->ignore.has_raised || (other && other->has_raised))
		lua_error(L);
}

/* fs.scan(fd[, { ignore=function(path, is_dir) -> "keep"|"skip"|"prune", memory=path }])
 *   -> scan | nil, err */
static int l_scan(lua_State *L)
{
	static const char *const known[] = { "ignore", "memory", NULL };
	lua_Integer root = luaL_checkinteger(L, 1);
	struct scan_box *box;
	struct lam_err err;
	const char *memory;

	luaL_argcheck(L, root >= 0 && root <= INT_MAX, 1, "descriptor expected");
	lua_settop(L, 2);
	lamL_options(L, 2, known);
	memory = lamL_optfield(L, 2, "memory", NULL);
	box = memset(lua_newuserdatauv(L, sizeof(*box), 2), 0, sizeof(*box));
	luaL_setmetatable(L, SCAN_TYPE);
	if (!lua_isnil(L, 2) && lua_getfield(L, 2, "ignore") != LUA_TNIL) {
		luaL_argcheck(L, lua_isfunction(L, -1), 2, "ignore: function expected");
		lua_setiuservalue(L, 3, 1);
	}
	lua_settop(L, 3);
	box->scan = lam_scan_new((int)root, &err);
	if (box->scan)
		box->content = lam_content_new(box->scan, memory, &err);
	return box->content ? 1 : lamL_fail(L, &err);
}

/* scan:entry(path) -> as fs.stat | nil when it isn't there or left out | nil, err */
static int l_entry(lua_State *L)
{
	const char *path = lamL_checkpath(L, 2);
	struct scan_box *box = begin(L, 2);
	struct lam_err err;
	struct stat st;
	uint32_t node;
	int result;

	box->is_busy = 1;
	result = lam_scan_find(box->scan, path, &node, &err);
	end(L, box, NULL);
	if (result < 0)
		return lamL_fail(L, &err);
	if (result == 0) {
		lua_pushnil(L);
		return 1;
	}
	lam_scan_stat(box->scan, node, &st);
	return lamL_push_stat(L, &st);
}

/* scan:match(pattern) -> paths | nil, err (EINVAL: the pattern is malformed) */
static int l_match(lua_State *L)
{
	const char *pattern = lamL_checkpath(L, 2);
	struct scan_box *box = begin(L, 2);
	struct lam_buf *paths = lamL_buf(L);
	struct lam_err err;
	lua_Integer n = 0;
	int result;

	box->is_busy = 1;
	result = lam_scan_match(box->scan, pattern, paths, &err);
	end(L, box, NULL);
	if (result < 0)
		return lamL_fail(L, &err);
	lua_newtable(L);
	for (size_t at = 0; at < paths->len; at += strlen(paths->data + at) + 1) {
		lua_pushstring(L, paths->data + at);
		lua_rawseti(L, -2, ++n);
	}
	return 1;
}

static void read_how(lua_State *L, struct lam_content_how *how, struct question *exclude)
{
	static const char *const known[] = { "exclude", "names", "uid", "gid",
					     "slice",   "state", NULL };

	lamL_options(L, 3, known);
	how->uid = lamL_rangefield(L, 3, "uid", -1, 0, UINT32_MAX);
	how->gid = lamL_rangefield(L, 3, "gid", -1, 0, UINT32_MAX);
	how->slice = (int)lamL_rangefield(L, 3, "slice", 0, 0, 100000);
	how->state = lamL_boolfield(L, 3, "state", 0);
	if (lua_isnil(L, 3) || lua_getfield(L, 3, "exclude") == LUA_TNIL)
		return;
	luaL_argcheck(L, lua_isfunction(L, -1), 3, "exclude: function expected");
	*exclude = (struct question){ .L = L, .index = lua_gettop(L), .what = "exclude" };
	how->filter = ask;
	how->filter_arg = exclude;
	how->filter_id = lua_topointer(L, -1);
	lua_pushvalue(L, -1);
	lua_setiuservalue(L, 1, 2); /* while it is held no other one is in its place */
}

/* What is at `index`, a path or a list of them, as an array that stays on the stack with its
 * texts. Wrong ones are blamed on argument `arg`. */
static struct lam_content_paths read_paths(lua_State *L, int index, int arg)
{
	int is_list = lua_istable(L, index);
	size_t count = is_list ? lua_rawlen(L, index) : 1;
	const char **list;

	luaL_argcheck(L, count <= PATHS_MAX, arg, "too many paths");
	list = lua_newuserdatauv(L, (count + 1) * sizeof(*list), 0);
	for (size_t i = 0; is_list && i < count; i++) {
		luaL_argcheck(L, lua_rawgeti(L, index, (lua_Integer)i + 1) == LUA_TSTRING, arg,
			      "paths expected");
		list[i] = lamL_checkpath(L, lua_gettop(L));
		lua_pop(L, 1); /* the list holds it */
	}
	if (!is_list)
		list[0] = lamL_checkpath(L, index);
	return (struct lam_content_paths){ list, count };
}

/* The option `names`: one for each of `count` paths, or NULL. */
static const char *const *read_names(lua_State *L, size_t count)
{
	struct lam_content_paths names;

	if (lua_isnil(L, 3) || lua_getfield(L, 3, "names") == LUA_TNIL)
		return NULL;
	names = read_paths(L, lua_gettop(L), 3);
	luaL_argcheck(L, names.count == count, 3, "names: one for each path expected");
	return names.list;
}

/* scan:digest(path or list of paths[, { exclude=function(path, is_dir) -> verdict, names=,
 *   uid=, gid=, slice=, state= }])
 *   -> hex | nil, err (ENOENT: it isn't there or left out; EAGAIN: the slice, in milliseconds, is
 *   over, and the next call goes on) */
static int l_digest(lua_State *L)
{
	struct scan_box *box = begin(L, 3);
	struct lam_content_how how = { .uid = -1 };
	struct question exclude = { .L = L };
	struct lam_content_paths paths;
	char hex[LAM_SHA256_HEX];
	struct lam_err err;
	int result;

	read_how(L, &how, &exclude);
	paths = read_paths(L, 2, 2);
	how.names = read_names(L, paths.count);
	box->is_busy = 1;
	result = lam_content_digest(box->content, &paths, &how, hex, &err);
	end(L, box, &exclude);
	if (result < 0)
		return lamL_fail(L, &err);
	lua_pushstring(L, hex);
	return 1;
}

/* scan:save() -> true | nil, err: writes the memory, when there is something new in it */
static int l_save(lua_State *L)
{
	struct scan_box *box = begin(L, 1);
	struct lam_err err;

	if (lam_content_save(box->content, &err) < 0)
		return lamL_fail(L, &err);
	lua_pushboolean(L, 1);
	return 1;
}

static const luaL_Reg meta[] = { { "__gc", l_free }, { "__close", l_free }, { NULL, NULL } };
static const luaL_Reg methods[] = {
	{ "entry", l_entry }, { "match", l_match },  { "digest", l_digest }, { "save", l_save },
	{ "close", l_free },  { "release", l_free }, { NULL, NULL },
};
static const luaL_Reg functions[] = { { "scan", l_scan }, { NULL, NULL } };

void lamL_scan_functions(lua_State *L)
{
	lamL_newtype(L, SCAN_TYPE, meta, methods);
	luaL_setfuncs(L, functions, 0);
}
