/* growing.h - reading a file that another process is still writing. */
#ifndef LAM_LAYER_GROWING_H
#define LAM_LAYER_GROWING_H

#include <stdint.h>
#include <sys/types.h>

struct lam_err;

/* The next `len` bytes, fewer only at the end. `have` is what was read so far; before `whole` bytes
 * are there, an end of the file is none: more is waited for. */
ssize_t lam_growing_read(int fd, void *data, size_t len, uint64_t have, uint64_t whole,
			 struct lam_err *err);

#endif
