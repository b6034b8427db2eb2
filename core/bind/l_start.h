/* l_start.h - starting the processes of a container, of lamina.core.namespace (l_namespace.c). */
#ifndef LAM_BIND_L_START_H
#define LAM_BIND_L_START_H

#include "bind/lamlua.h"

/* Registers the types that starting needs; when the module is loaded. */
void lamL_start_types(lua_State *L);

/* Remembers where we are at home: the userdata of a struct lam_home at the top, which is popped. */
void lamL_keep_home(lua_State *L);

/* namespace.start(spec), namespace.join(pid, spec) */
int lamL_start(lua_State *L);
int lamL_join(lua_State *L);

#endif
