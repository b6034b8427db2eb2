/* l_layer.h - what the files of lamina.core.layer share. */
#ifndef LAM_BIND_L_LAYER_H
#define LAM_BIND_L_LAYER_H

#include "bind/lamlua.h"
#include "layer/apply.h"

/* Adds seal and changes, and recode, to the table on the top of the stack. */
void lamL_upper_functions(lua_State *L);
void lamL_recode_functions(lua_State *L);

/* A source or output that is a path or a descriptor. */
struct lamL_either {
	const char *path; /* NULL: the descriptor */
	int fd, owned;    /* owned: to be closed, or -1 */
};
void lamL_check_either(lua_State *L, int index, const char *what, struct lamL_either *e);
int lamL_open_either(struct lamL_either *e, int flags, struct lam_err *err);

/* What the caller knows of the input beforehand; a difference fails with EBADMSG. */
struct lamL_expected {
	const char *diff_id, *digest;
	lua_Integer size;
};
void lamL_read_expected(lua_State *L, int index, struct lamL_expected *want);
int lamL_verify(const struct lam_decoded *s, const struct lamL_expected *want, struct lam_err *err);

/* The field "limits". */
void lamL_read_limits(lua_State *L, int index, struct lam_apply_limits *limits);

/* The field "compression" as enum lam_compression, or `otherwise`. */
int lamL_compression_field(lua_State *L, int index, int otherwise);

/* Pushes what a function answers about a stream. */
void lamL_push_stream(lua_State *L, const struct lam_decoded *s, uint64_t entries, uint64_t bytes);

#endif
