/* l_terminal.c - require "lamina.core.terminal" */
#include "bind/lamlua.h"

int luaopen_lamina_core_terminal(lua_State *L);
int luaopen_lamina_core_terminal(lua_State *L)
{
	lua_newtable(L);
	return 1;
}
