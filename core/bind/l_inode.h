/* l_inode.h - two parts of lamina.core.fs that keep no state. */
#ifndef LAM_BIND_L_INODE_H
#define LAM_BIND_L_INODE_H

#include <sys/stat.h>

#include "bind/lamlua.h"

/* Add their functions to the table on the top of the stack. */
void lamL_inode_functions(lua_State *L);
void lamL_self_functions(lua_State *L);

/* Pushes { type=, mode=, uid=, … }; returns 1. */
int lamL_push_stat(lua_State *L, const struct stat *st);

#endif
