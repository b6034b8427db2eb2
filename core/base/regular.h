/* regular.h - opening what must be a file: nothing else is touched, and nothing blocks. */
#ifndef LAM_BASE_REGULAR_H
#define LAM_BASE_REGULAR_H

#include "base/err.h"

/* Opens a regular file for reading, below the directory `root` or, if that is -1, as any path.
 * With `nofollow` the last part may be no link. Anything else fails (EISDIR, ELOOP, EINVAL) before
 * it was opened: a FIFO would block, and opening a device may do something. */
int lam_regular_open(int root, const char *path, int nofollow, struct lam_err *err);

#endif
