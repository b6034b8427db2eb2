/* l_layer.h - what the two files of lamina.core.layer share. */
#ifndef LAM_BIND_L_LAYER_H
#define LAM_BIND_L_LAYER_H

#include "bind/lamlua.h"

/* Adds seal and changes to the table on the top of the stack. */
void lamL_upper_functions(lua_State *L);

/* The descriptor at `index`; anything else raises. */
int lamL_checkfd(lua_State *L, int index, const char *what);

#endif
