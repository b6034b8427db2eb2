/* preload.c - see preload.h */
#include "bind/preload.h"

#include <lauxlib.h>
#include <lualib.h>

#define MODULES(X)                                                                                 \
	X(database)                                                                                \
	X(digest)                                                                                  \
	X(fs)                                                                                      \
	X(http)                                                                                    \
	X(job)                                                                                     \
	X(json)                                                                                    \
	X(layer)                                                                                   \
	X(namespace)                                                                               \
	X(overlay)                                                                                 \
	X(sandbox)                                                                                 \
	X(terminal)                                                                                \
	X(yaml)

#define DECLARE(name) int luaopen_lamina_core_##name(lua_State *L);
#define ROW(name) { "lamina.core." #name, luaopen_lamina_core_##name },

MODULES(DECLARE)

static const luaL_Reg modules[] = { MODULES(ROW){ NULL, NULL } };

lua_State *lamL_newstate(void)
{
	lua_State *L = luaL_newstate();

	if (!L)
		return NULL;
	luaL_openlibs(L);
	luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
	luaL_setfuncs(L, modules, 0);
	lua_pop(L, 1);
	return L;
}
