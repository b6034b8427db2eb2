/* l_copy.h - layer.copy, of the module lamina.core.layer (l_layer.c). */
#ifndef LAM_BIND_L_COPY_H
#define LAM_BIND_L_COPY_H

#include "bind/lamlua.h"

int lamL_layer_copy(lua_State *L);

#endif
