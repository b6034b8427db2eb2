/* l_process.h - the userdata of a started process, shared by what starts one. */
#ifndef LAM_BIND_L_PROCESS_H
#define LAM_BIND_L_PROCESS_H

#include "bind/lamlua.h"
#include "sys/process.h"

/* Registers the type; once a state. */
void lamL_process_type(lua_State *L);

/* Pushes an empty process: the owner exists before the resource. */
struct lam_process *lamL_process_new(lua_State *L);

/* namespace.hold_signals() -> held: those that process:attend passes on wait for it from here
 * on, until it is closed. */
int lamL_hold_signals(lua_State *L);

#endif
