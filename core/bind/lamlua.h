/* lamlua.h - what every binding shares. Only core/bind includes lua.h.
 *
 * The rule of this floor: a function that can reach lua_error owns nothing but
 * userdata, since lua_error leaves by longjmp. Create the userdata, mark it
 * empty, set its metatable, and only then open the resource. */
#ifndef LAM_BIND_LAMLUA_H
#define LAM_BIND_LAMLUA_H

#include <lauxlib.h>
#include <lua.h>

#include "base/err.h"

/* Pushes nil and { errno = "ENOENT" or nil, message = text }; returns 2. */
int lamL_fail(lua_State *L, const struct lam_err *err);

/* Makes a userdata type whose metatable a script cannot reach or change. */
void lamL_newtype(lua_State *L, const char *name, const luaL_Reg *meta, const luaL_Reg *methods);

/* Raises when the table at `index` has a key that is not in `known` (NULL ends it). */
void lamL_checkkeys(lua_State *L, int index, const char *const known[]);

/* Fields of the option table at `index` (which may be absent); a wrong type raises. */
const char *lamL_optfield(lua_State *L, int index, const char *key, const char *otherwise);
lua_Integer lamL_intfield(lua_State *L, int index, const char *key, lua_Integer otherwise);
int lamL_boolfield(lua_State *L, int index, const char *key, int otherwise);

/* A userdata box of plain memory that the collector frees: for arrays a function needs
 * while it may still raise. The memory is zeroed. */
void *lamL_scratch(lua_State *L, size_t size);

#endif
