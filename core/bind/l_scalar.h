/* l_scalar.h - what a plain YAML scalar means by the core schema of YAML 1.2. */
#ifndef LAM_BIND_L_SCALAR_H
#define LAM_BIND_L_SCALAR_H

#include <stddef.h>

#include <lua.h>

/* Pushes json.null, a boolean, a number or the text itself, which ends with a zero byte. Answers
 * NULL, or what is wrong with the text; then nothing was pushed. */
const char *lamL_pushscalar(lua_State *L, const char *text, size_t len);

#endif
