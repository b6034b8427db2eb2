/* l_overlay.c - require "lamina.core.overlay" */
#include "bind/lamlua.h"

int luaopen_lamina_core_overlay(lua_State *L);
int luaopen_lamina_core_overlay(lua_State *L)
{
	lua_newtable(L);
	return 1;
}
