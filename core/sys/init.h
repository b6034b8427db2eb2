/* init.h - a small pid 1 for containers whose program doesn't reap what it inherits. */
#ifndef LAM_SYS_INIT_H
#define LAM_SYS_INIT_H

#include "base/err.h"

/* Forks. Returns 0 in the child, which goes on to become the program. The parent stays pid 1:
 * it passes signals on, reaps everything, and exits as the program did. -1 when there is no second
 * process. */
int lam_init_split(int report, struct lam_err *err);

#endif
