/* lamlua.c - see lamlua.h */
#define _GNU_SOURCE
#include "bind/lamlua.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

int lamL_fail(lua_State *L, const struct lam_err *err)
{
	const char *name = err->num ? strerrorname_np(err->num) : NULL;

	luaL_pushfail(L);
	lua_createtable(L, 0, 2);
	lua_pushstring(L, err->text);
	lua_setfield(L, -2, "message");
	lua_pushstring(L, name);
	lua_setfield(L, -2, "errno");
	return 2;
}

int lamL_result(lua_State *L, int result, const struct lam_err *err)
{
	if (result < 0)
		return lamL_fail(L, err);
	lua_pushboolean(L, 1);
	return 1;
}

int lamL_done(lua_State *L, int result, const char *what, const char *path)
{
	struct lam_err err = { 0, "" };

	if (result < 0)
		lam_err_set(&err, errno, "%s %s", what, path);
	return lamL_result(L, result, &err);
}

void lamL_newtype(lua_State *L, const char *name, const luaL_Reg *meta, const luaL_Reg *methods)
{
	luaL_newmetatable(L, name);
	luaL_setfuncs(L, meta, 0);
	lua_newtable(L);
	luaL_setfuncs(L, methods, 0);
	lua_setfield(L, -2, "__index");
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable"); /* a recipe cannot reach __gc */
	lua_pop(L, 1);
}

char **lamL_strings(lua_State *L, int index, const char *key, size_t *count)
{
	lua_Integer n;
	char **list;

	if (lua_getfield(L, index, key) != LUA_TTABLE)
		luaL_error(L, "option '%s': table expected, got %s", key, luaL_typename(L, -1));
	n = luaL_len(L, -1);
	list = lamL_scratch(L, ((size_t)n + 1) * sizeof(*list));
	for (lua_Integer i = 0; i < n; i++) {
		size_t len;
		const char *text;

		if (lua_geti(L, -2, i + 1) != LUA_TSTRING)
			luaL_error(L, "option '%s': strings expected, got %s", key,
				   luaL_typename(L, -1));
		text = lua_tolstring(L, -1, &len);
		if (strlen(text) != len)
			luaL_error(L, "option '%s': a zero byte in '%s'", key, text);
		list[i] = (char *)text; /* kept alive by the table */
		lua_pop(L, 1);
	}
	if (count)
		*count = (size_t)n;
	return list;
}

static int is_known(const char *key, const char *const known[])
{
	for (; *known; known++)
		if (strcmp(key, *known) == 0)
			return 1;
	return 0;
}

static const char *list_known(lua_State *L, const char *const known[])
{
	lua_pushstring(L, *known);
	while (*++known)
		lua_pushfstring(L, "%s, %s", lua_tostring(L, -1), *known);
	return lua_tostring(L, -1);
}

void lamL_checkkeys(lua_State *L, int index, const char *const known[])
{
	index = lua_absindex(L, index);
	luaL_checktype(L, index, LUA_TTABLE);
	for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
		const char *key;

		if (lua_type(L, -2) == LUA_TSTRING && is_known(lua_tostring(L, -2), known))
			continue;
		key = luaL_tolstring(L, -2, NULL);
		luaL_error(L, "unknown option '%s' (known: %s)", key, list_known(L, known));
	}
}

void lamL_options(lua_State *L, int index, const char *const known[])
{
	if (!lua_isnoneornil(L, index))
		lamL_checkkeys(L, index, known);
}

const char *lamL_checkpath(lua_State *L, int index)
{
	size_t len;
	const char *path = luaL_checklstring(L, index, &len);

	luaL_argcheck(L, strlen(path) == len, index, "a path with a NUL byte");
	return path;
}

pid_t lamL_checkpid(lua_State *L, int index)
{
	lua_Integer pid = luaL_checkinteger(L, index);

	luaL_argcheck(L, pid > 0 && pid <= INT_MAX, index, "a process number expected");
	return (pid_t)pid;
}

int lamL_checkfd(lua_State *L, int index, const char *what)
{
	lua_Integer fd = lua_isinteger(L, index) ? lua_tointeger(L, index) : -1;

	if (fd < 0 || fd > INT_MAX)
		luaL_error(L, "%s: a descriptor expected, got %s", what,
			   luaL_tolstring(L, index, NULL));
	return (int)fd;
}

unsigned lamL_checkmode(lua_State *L, int index)
{
	lua_Integer mode = luaL_checkinteger(L, index);

	luaL_argcheck(L, mode >= 0 && mode <= 07777, index, "permission bits, 0 to 4095");
	return (unsigned)mode;
}

unsigned lamL_optmode(lua_State *L, int index, unsigned otherwise)
{
	return lua_isnoneornil(L, index) ? otherwise : lamL_checkmode(L, index);
}

const char *lamL_optfield(lua_State *L, int index, const char *key, const char *otherwise)
{
	const char *value = otherwise;
	size_t len;

	if (lua_isnoneornil(L, index))
		return otherwise;
	luaL_checktype(L, index, LUA_TTABLE); /* a string has fields as well */
	if (lua_getfield(L, index, key) == LUA_TSTRING) {
		value = lua_tolstring(L, -1, &len); /* kept alive by the table */
		if (strlen(value) != len)
			luaL_error(L, "option '%s': a zero byte in '%s'", key, value);
	} else if (!lua_isnil(L, -1))
		luaL_error(L, "option '%s': string expected, got %s", key, luaL_typename(L, -1));
	lua_pop(L, 1);
	return value;
}

lua_Integer lamL_rangefield(lua_State *L, int index, const char *key, lua_Integer otherwise,
			    lua_Integer least, lua_Integer most)
{
	lua_Integer value = lamL_intfield(L, index, key, otherwise);

	if (value != otherwise && (value < least || value > most))
		luaL_error(L, "option '%s': %I to %I expected, got %I", key, (LUAI_UACINT)least,
			   (LUAI_UACINT)most, (LUAI_UACINT)value);
	return value;
}

lua_Integer lamL_intfield(lua_State *L, int index, const char *key, lua_Integer otherwise)
{
	lua_Integer value = otherwise;

	if (lua_isnoneornil(L, index))
		return otherwise;
	luaL_checktype(L, index, LUA_TTABLE); /* a string has fields as well */
	if (lua_getfield(L, index, key) == LUA_TNUMBER && lua_isinteger(L, -1))
		value = lua_tointeger(L, -1);
	else if (!lua_isnil(L, -1))
		luaL_error(L, "option '%s': integer expected, got %s", key, luaL_typename(L, -1));
	lua_pop(L, 1);
	return value;
}

int lamL_rootfield(lua_State *L, int index)
{
	return (int)lamL_rangefield(L, index, "root", -1, 0, INT_MAX);
}

const char *lamL_digestfield(lua_State *L, int index, const char *key)
{
	const char *value = lamL_optfield(L, index, key, NULL);

	if (value && (strlen(value) != 71 || strncmp(value, "sha256:", 7) != 0 ||
		      strspn(value + 7, "0123456789abcdef") != 64))
		luaL_error(L, "option '%s': a sha256 digest expected", key);
	return value;
}

int lamL_boolfield(lua_State *L, int index, const char *key, int otherwise)
{
	int value = otherwise;

	if (lua_isnoneornil(L, index))
		return otherwise;
	luaL_checktype(L, index, LUA_TTABLE); /* a string has fields as well */
	if (lua_getfield(L, index, key) == LUA_TBOOLEAN)
		value = lua_toboolean(L, -1);
	else if (!lua_isnil(L, -1))
		luaL_error(L, "option '%s': boolean expected, got %s", key, luaL_typename(L, -1));
	lua_pop(L, 1);
	return value;
}

void *lamL_scratch(lua_State *L, size_t size)
{
	return memset(lua_newuserdatauv(L, size, 0), 0, size);
}
