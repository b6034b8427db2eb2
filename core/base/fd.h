/* fd.h - whole reads and writes on descriptors: EINTR and short counts end here. */
#ifndef LAM_BASE_FD_H
#define LAM_BASE_FD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/* Writes all of it. `what` names the thing in the message. */
int lam_fd_write_all(int fd, const void *data, size_t len, const char *what, struct lam_err *err);

/* Reads until `len` bytes are there or the end comes; returns the count. */
ssize_t lam_fd_read_full(int fd, void *data, size_t len, const char *what, struct lam_err *err);

/* Appends everything up to the end of the file; more than `limit` bytes fail with EFBIG. */
int lam_fd_read_all(int fd, size_t limit, struct lam_buf *out, const char *what,
		    struct lam_err *err);

/* Copies up to `size` bytes from one descriptor's position to another's, by the kernel where it
 * can; the end of the file ends it. Returns how many there were. */
int64_t lam_fd_copy(int from, int to, uint64_t size, struct lam_err *err);

#endif
