/* l_namespace.c - require "lamina.core.namespace" */
#include "bind/lamlua.h"

int luaopen_lamina_core_namespace(lua_State *L);
int luaopen_lamina_core_namespace(lua_State *L)
{
	lua_newtable(L);
	return 1;
}
