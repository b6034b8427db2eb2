/* l_json.h - the values that Lua has no type for, as json and yaml both give them. */
#ifndef LAM_BIND_L_JSON_H
#define LAM_BIND_L_JSON_H

#include <lua.h>

/* Makes the marks of this state, unless they are there. */
void lamL_jsonmarks(lua_State *L);

/* Marks the table on top of the stack as an array. */
void lamL_markarray(lua_State *L);

/* Pushes json.null. */
void lamL_pushnull(lua_State *L);

#endif
