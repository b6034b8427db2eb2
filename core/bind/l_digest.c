/* l_digest.c - require "lamina.core.digest" */
#include "bind/lamlua.h"

int luaopen_lamina_core_digest(lua_State *L);
int luaopen_lamina_core_digest(lua_State *L)
{
	lua_newtable(L);
	return 1;
}
