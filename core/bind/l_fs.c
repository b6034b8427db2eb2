/* l_fs.c - require "lamina.core.fs" */
#include "bind/lamlua.h"

int luaopen_lamina_core_fs(lua_State *L);
int luaopen_lamina_core_fs(lua_State *L)
{
	lua_newtable(L);
	return 1;
}
