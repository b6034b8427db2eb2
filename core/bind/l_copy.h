/* l_copy.h - layer.copy, of the module lamina.core.layer (l_layer.c). */
#ifndef LAM_BIND_L_COPY_H
#define LAM_BIND_L_COPY_H

#include "bind/lamlua.h"

/* Registers what a copy is kept in; when the module is loaded. */
void lamL_copy_type(lua_State *L);

int lamL_layer_copy(lua_State *L);

#endif
