/* l_job.c - require "lamina.core.job" */
#include "bind/lamlua.h"

int luaopen_lamina_core_job(lua_State *L);
int luaopen_lamina_core_job(lua_State *L)
{
	lua_newtable(L);
	return 1;
}
