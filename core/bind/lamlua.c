/* lamlua.c - see lamlua.h */
#define _GNU_SOURCE
#include "bind/lamlua.h"

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

static int is_known(const char *key, const char *const known[])
{
	for (; *known; known++)
		if (strcmp(key, *known) == 0)
			return 1;
	return 0;
}

void lamL_checkkeys(lua_State *L, int index, const char *const known[])
{
	index = lua_absindex(L, index);
	luaL_checktype(L, index, LUA_TTABLE);
	for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
		if (lua_type(L, -2) != LUA_TSTRING || !is_known(lua_tostring(L, -2), known))
			luaL_error(L, "unknown option '%s'", luaL_tolstring(L, -2, NULL));
	}
}

const char *lamL_optfield(lua_State *L, int index, const char *key, const char *otherwise)
{
	const char *value = otherwise;

	if (lua_isnoneornil(L, index))
		return otherwise;
	if (lua_getfield(L, index, key) == LUA_TSTRING)
		value = lua_tostring(L, -1); /* kept alive by the table */
	else if (!lua_isnil(L, -1))
		luaL_error(L, "option '%s': string expected, got %s", key, luaL_typename(L, -1));
	lua_pop(L, 1);
	return value;
}

lua_Integer lamL_intfield(lua_State *L, int index, const char *key, lua_Integer otherwise)
{
	lua_Integer value = otherwise;

	if (lua_isnoneornil(L, index))
		return otherwise;
	if (lua_getfield(L, index, key) == LUA_TNUMBER && lua_isinteger(L, -1))
		value = lua_tointeger(L, -1);
	else if (!lua_isnil(L, -1))
		luaL_error(L, "option '%s': integer expected, got %s", key, luaL_typename(L, -1));
	lua_pop(L, 1);
	return value;
}

int lamL_boolfield(lua_State *L, int index, const char *key, int otherwise)
{
	int value = otherwise;

	if (lua_isnoneornil(L, index))
		return otherwise;
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
