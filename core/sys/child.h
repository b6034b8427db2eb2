/* child.h - the half of a container's start that runs in the child: only C, nothing allocated
 * that matters, every failure told to the parent and fatal. */
#ifndef LAM_SYS_CHILD_H
#define LAM_SYS_CHILD_H

#include "sys/container.h"

/* What a failing child writes into its pipe. */
struct lam_child_failure {
	int status; /* what the shell would say: 127 not found, 126 not executable, else 125 */
	struct lam_err err;
};

/* The first program: sets everything up as `c` says and executes it. Never returns.
 * `report` is the pipe for a lam_child_failure (close-on-exec: its end says all went well);
 * `terminal` a socket for the terminal's master side, or -1. */
_Noreturn void lam_child_start(const struct lam_container *c, int report, int terminal);

/* A further program in namespaces that were joined already: no file system is set up.
 * `slave` is its terminal, or -1. */
_Noreturn void lam_child_join(const struct lam_container *c, int report, int slave);

#endif
