/* l_value.h - Lua values as bytes, and frames in a pipe: how jobs and sandboxes answer.
 *
 * Strings are bytes and stay so. What comes in is not trusted: lengths and depth are checked. */
#ifndef LAM_BIND_L_VALUE_H
#define LAM_BIND_L_VALUE_H

#include "base/buf.h"
#include "bind/lamlua.h"

struct lamL_frame {
	char kind;
	const char *data; /* inside the buffer */
	size_t size;
};

/* Registers the buffer type; may run twice. */
void lamL_value_type(lua_State *L);

/* Pushes a buffer that the collector frees. */
struct lam_buf *lamL_value_buf(lua_State *L);

/* Appends the value at `index` (nil, boolean, number, string, table of such; anything else goes
 * as its tostring text). Raises when it is too deep. */
void lamL_value_put(lua_State *L, int index, struct lam_buf *out);

/* Pushes every value of the bytes; returns how many. Raises when they are damaged. */
int lamL_value_get(lua_State *L, const char *data, size_t size);

/* Writes one frame; -1 when the pipe is gone. */
int lamL_frame_write(int fd, char kind, const void *data, size_t size);

/* The first whole frame of what was received: 1, or 0 when more is needed. */
int lamL_frame_next(const struct lam_buf *got, struct lamL_frame *frame);

/* Takes that frame out of the buffer. */
void lamL_frame_drop(struct lam_buf *got, const struct lamL_frame *frame);

/* Tells the parent how far a job is; nothing outside of one. (l_job.c) */
void lamL_progress(lua_State *L, long long done, long long total);

/* The same, at most a few times a second. */
void lamL_progress_of(void *L, uint64_t done, uint64_t total);

/* The same where the total is unknown. */
void lamL_progress_rate(void *L, uint64_t done);

#endif
