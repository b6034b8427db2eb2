/* process.h - a process that lamina started, seen from its parent. */
#ifndef LAM_SYS_PROCESS_H
#define LAM_SYS_PROCESS_H

#include <sys/resource.h>
#include <sys/types.h>

#include "sys/container.h"

struct lam_process {
	pid_t pid;
	int pidfd;    /* readable once it has ended; -1 after release */
	int terminal; /* its terminal's master side, or -1 */
	int is_child; /* ours to wait for */
	int ended;    /* `code` or `signal` is known */
	int code, signal;
	struct rusage usage; /* its own and of all it has waited for, once it is reaped */
};

#define LAM_PROCESS_NONE                                                                           \
	{                                                                                          \
		.pidfd = -1, .terminal = -1                                                        \
	}

/* Starts the container's first process. On failure *status is what a shell would answer: 127
 * when the program isn't there, 126 when it can't be executed, 125 when lamina failed. */
int lam_process_start(const struct lam_container *c, struct lam_process *out, int *status,
		      struct lam_err *err);

/* Starts a further process in all namespaces of a running container whose first one is `pid`. */
int lam_process_join(pid_t pid, const struct lam_container *c, struct lam_process *out, int *status,
		     struct lam_err *err);

enum { LAM_HELPER_FDS = 16 }; /* at most */

/* Starts a program of the host in the present namespaces: descriptors fds[i] become 3 + i. It
 * dies with lamina. */
int lam_process_helper(char *const *args, char *const *env, const int *fds, size_t nfds,
		       const int stdio[3], struct lam_process *out, struct lam_err *err);

/* A process of somebody else, to signal and to watch. */
int lam_process_attach(pid_t pid, struct lam_process *out, struct lam_err *err);

/* 1 when it has ended, 0 when it still runs (only with nohang). */
int lam_process_wait(struct lam_process *p, int nohang, struct lam_err *err);

int lam_process_signal(struct lam_process *p, int sig, struct lam_err *err);

/* Kills it, waits for its end and closes the descriptors; may run twice. One that is only
 * attached is left alone. */
void lam_process_release(struct lam_process *p);

#endif
