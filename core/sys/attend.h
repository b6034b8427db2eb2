/* attend.h - staying with a container in the foreground until it ends.
 *
 * Signals that a user or a supervisor sends to lamina reach the program; with a terminal, keys
 * and output are copied, sizes follow, and the caller's terminal is put back on every way out. The
 * third SIGINT or SIGTERM kills it: a container's first process may ignore all others. */
#ifndef LAM_SYS_ATTEND_H
#define LAM_SYS_ATTEND_H

#include <signal.h>

#include "sys/process.h"

/* Keeps the signals that attend passes on until it takes them: from before the program starts, so
 * that none is lost between. *before is what lam_attend_release puts back. */
void lam_attend_hold(sigset_t *before);
void lam_attend_release(const sigset_t *before);

/* Copies in -> p->terminal -> out when p has a terminal (`in` < 0: no input). Returns when the
 * program has ended and everything it wrote is out. */
int lam_process_attend(struct lam_process *p, int in, int out, struct lam_err *err);

#endif
