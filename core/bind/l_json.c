/* l_json.c - require "lamina.core.json" */
#include "bind/lamlua.h"

int luaopen_lamina_core_json(lua_State *L);
int luaopen_lamina_core_json(lua_State *L)
{
	lua_newtable(L);
	return 1;
}
