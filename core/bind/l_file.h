/* l_file.h - open files and locks: the part of lamina.core.fs that owns descriptors. */
#ifndef LAM_BIND_L_FILE_H
#define LAM_BIND_L_FILE_H

#include <sys/stat.h>

#include "base/buf.h"
#include "bind/lamlua.h"

/* Adds open, pipe and lock to the table on the top of the stack. */
void lamL_file_functions(lua_State *L);

/* Pushes a descriptor, -1 at first, that the collector closes. */
int *lamL_descriptor(lua_State *L);

/* The module whose loading registers these types. */
int luaopen_lamina_core_fs(lua_State *L);

/* Pushes a buffer that the collector frees. */
struct lam_buf *lamL_buf(lua_State *L);

#endif
