/* preload.h - the list of Lua modules that C brings. */
#ifndef LAM_BIND_PRELOAD_H
#define LAM_BIND_PRELOAD_H

#include <lua.h>

/* A new state with the standard libraries, and every lamina.core.NAME in package.preload.
 * NULL when memory ran out; the caller closes it. */
lua_State *lamL_newstate(void);

#endif
