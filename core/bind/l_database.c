/* l_database.c - require "lamina.core.database" */
#include "bind/lamlua.h"

int luaopen_lamina_core_database(lua_State *L);
int luaopen_lamina_core_database(lua_State *L)
{
	lua_newtable(L);
	return 1;
}
