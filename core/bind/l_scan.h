/* l_scan.h - fs.scan: the part of lamina.core.fs that knows a whole tree. */
#ifndef LAM_BIND_L_SCAN_H
#define LAM_BIND_L_SCAN_H

#include "bind/lamlua.h"

/* Adds scan to the table on the top of the stack. */
void lamL_scan_functions(lua_State *L);

#endif
