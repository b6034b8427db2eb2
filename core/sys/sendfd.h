/* sendfd.h - descriptors of other processes, through a UNIX socket (SCM_RIGHTS, unix(7)). */
#ifndef LAM_SYS_SENDFD_H
#define LAM_SYS_SENDFD_H

#include "base/err.h"

int lam_fd_send(int socket, int fd, struct lam_err *err);

/* Sends the reason why there is none: it becomes the receiver's failure. */
int lam_fd_send_failure(int socket, const struct lam_err *err);

/* Returns the descriptor, close-on-exec, owned by the caller. */
int lam_fd_receive(int socket, struct lam_err *err);

/* What make(data, err) opens, or why it can't: it runs in a child, so that this process stays in
 * its namespaces. Returns the descriptor as lam_fd_receive. */
int lam_fd_from_child(int (*make)(const void *data, struct lam_err *err), const void *data,
		      struct lam_err *err);

#endif
