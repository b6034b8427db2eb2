/* freeze.h - stopping every process of a container while its files are read. */
#ifndef LAM_SYS_FREEZE_H
#define LAM_SYS_FREEZE_H

#include <sys/types.h>

#include "base/err.h"

/* Stops all processes of the pid namespace whose first process is `pid` (SIGSTOP, repeated until
 * none runs any more, since they may fork meanwhile). */
int lam_freeze(pid_t pid, struct lam_err *err);

int lam_thaw(pid_t pid, struct lam_err *err);

#endif
