/* l_layer.c - require "lamina.core.layer" */
#include "bind/lamlua.h"

int luaopen_lamina_core_layer(lua_State *L);
int luaopen_lamina_core_layer(lua_State *L)
{
	lua_newtable(L);
	return 1;
}
