/* lamlua.h - what every binding shares. Only core/bind includes lua.h.
 *
 * The rule of this floor: a function that can reach lua_error owns nothing but
 * userdata, since lua_error leaves by longjmp. Create the userdata, mark it
 * empty, set its metatable, and only then open the resource. */
#ifndef LAM_BIND_LAMLUA_H
#define LAM_BIND_LAMLUA_H

#include <lauxlib.h>
#include <lua.h>
#include <sys/types.h>

#include "base/err.h"

/* Pushes nil and { errno = "ENOENT" or nil, message = text }; returns 2. */
int lamL_fail(lua_State *L, const struct lam_err *err);

/* true for a result of 0, else as lamL_fail. */
int lamL_result(lua_State *L, int result, const struct lam_err *err);

/* true for a result of 0; else errno with the step and the path, as lamL_fail. */
int lamL_done(lua_State *L, int result, const char *what, const char *path);

/* Makes a userdata type whose metatable a script cannot reach or change. */
void lamL_newtype(lua_State *L, const char *name, const luaL_Reg *meta, const luaL_Reg *methods);

/* Raises when the table at `index` has a key that is not in `known` (NULL ends it). */
void lamL_checkkeys(lua_State *L, int index, const char *const known[]);

/* The same where no table at all is fine too. */
void lamL_options(lua_State *L, int index, const char *const known[]);

/* A path argument: a string without a NUL byte. */
const char *lamL_checkpath(lua_State *L, int index);

/* The descriptor at `index`; anything else raises. */
int lamL_checkfd(lua_State *L, int index, const char *what);

/* The number of a process at `index`; anything else raises. */
pid_t lamL_checkpid(lua_State *L, int index);

/* Permission bits: an argument, or what stands for one that is absent. */
unsigned lamL_checkmode(lua_State *L, int index);
unsigned lamL_optmode(lua_State *L, int index, unsigned otherwise);

/* Fields of the option table at `index` (which may be absent); a wrong type raises. */
const char *lamL_optfield(lua_State *L, int index, const char *key, const char *otherwise);
lua_Integer lamL_intfield(lua_State *L, int index, const char *key, lua_Integer otherwise);
lua_Integer lamL_rangefield(lua_State *L, int index, const char *key, lua_Integer otherwise,
			    lua_Integer least, lua_Integer most);
int lamL_rootfield(lua_State *L, int index); /* "root", a descriptor; -1: none */
const char *lamL_digestfield(lua_State *L, int index, const char *key); /* "sha256:…" or NULL */
int lamL_boolfield(lua_State *L, int index, const char *key, int otherwise);

/* The list of strings in field `key` as a NULL-terminated array, which stays on the stack with
 * the table that keeps its texts alive; *count (may be NULL) is how many. */
char **lamL_strings(lua_State *L, int index, const char *key, size_t *count);

/* A userdata box of plain memory that the collector frees: for arrays a function needs
 * while it may still raise. The memory is zeroed. */
void *lamL_scratch(lua_State *L, size_t size);

#endif
