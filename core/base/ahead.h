/* ahead.h - a large file read in a thread of its own, while the caller works on what came before.
 *
 *	struct lam_ahead *ahead = lam_ahead_new(fd, size, err);
 *	while ((n = lam_ahead_next(ahead, &data, err)) > 0) ...
 *	lam_ahead_free(ahead);
 */
#ifndef LAM_BASE_AHEAD_H
#define LAM_BASE_AHEAD_H

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct lam_ahead;

/* Starts to read `size` bytes from the descriptor's position. It stays the caller's, who leaves it
 * alone meanwhile. */
struct lam_ahead *lam_ahead_new(int fd, uint64_t size, struct lam_err *err);

/* The next piece, of 1 MiB but for the last, which is valid until the next call. 0 when all was
 * handed over; fails with ESTALE where the file ends early. */
ssize_t lam_ahead_next(struct lam_ahead *ahead, const char **data, struct lam_err *err);

/* Ends the thread; NULL is fine. */
void lam_ahead_free(struct lam_ahead *ahead);

#endif
