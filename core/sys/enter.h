/* enter.h - makes this process at home, once: the namespaces all work on a store is done in.
 *
 * An ordinary user's process becomes root of a user namespace of its own; everyone's gets a
 * private mount namespace, so that whatever is mounted vanishes with the process. */
#ifndef LAM_SYS_ENTER_H
#define LAM_SYS_ENTER_H

#include <sys/types.h>

#include "base/err.h"

struct lam_home {
	int rootless;   /* in a user namespace of ours */
	unsigned ids;   /* how many ids are mapped; UINT_MAX for the real root */
	uid_t uid, gid; /* who we were outside */
};

/* Must run before any thread is started. */
int lam_enter(struct lam_home *home, struct lam_err *err);

/* Enters the home of another lamina of ours instead: its user and mount namespaces. The working
 * directory is their root then: the one we had may not be in them. */
int lam_enter_join(pid_t pid, struct lam_home *home, struct lam_err *err);

#endif
