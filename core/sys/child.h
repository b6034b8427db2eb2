/* child.h - the half of a container's start that runs in the child: only C, nothing allocated
 * that matters, every failure told to the parent and fatal. */
#ifndef LAM_SYS_CHILD_H
#define LAM_SYS_CHILD_H

#include "sys/container.h"

/* What the child writes into its pipe: a failure, or LAM_CHILD_LAUNCHES and then, from the
 * launcher, the errno of a program that can't be executed (negative: the launcher itself). The
 * pipe's end behind LAM_CHILD_LAUNCHES says that the program runs. */
struct lam_child_failure {
	int failed; /* LAM_CHILD_FAILED */
	struct lam_err err;
};

enum { LAM_CHILD_LAUNCHES = 0, LAM_CHILD_FAILED = 1 };

/* The first program: sets everything up as `c` says and executes `words` (lam_launch_words).
 * Never returns. `report` is the pipe; `terminal` a socket for the terminal's master side, or -1.
 */
_Noreturn void lam_child_start(const struct lam_container *c, char *const *words, int report,
			       int terminal);

/* A further program in namespaces that were joined already: no file system is set up.
 * `slave` is its terminal, or -1. */
_Noreturn void lam_child_join(const struct lam_container *c, char *const *words, int report,
			      int slave);

#endif
