/* daemon.h - going on in the background: for a container that nobody attends. */
#ifndef LAM_SYS_DAEMON_H
#define LAM_SYS_DAEMON_H

#include "base/err.h"

enum { LAM_DAEMON_PARENT = 1, LAM_DAEMON_CHILD = 2 };

/* Forks. The child leads a session of its own, reads nothing and writes to `log` (appended); it
 * returns LAM_DAEMON_CHILD and *ready is a descriptor on which it writes one byte once all is
 * well. The parent waits for that or for the child's end, and returns LAM_DAEMON_PARENT with
 * *ready 1 or 0. */
int lam_daemonize(const char *log, int *ready, struct lam_err *err);

#endif
