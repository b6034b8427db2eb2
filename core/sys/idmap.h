/* idmap.h - which ids a user namespace of ours may use, and writing them (user_namespaces(7)).
 *
 * Inside, id 0 is the user, 1 and up are the sub-ids of /etc/subuid and /etc/subgid. They are
 * written by newuidmap(1) and newgidmap(1); without them only id 0 is there. */
#ifndef LAM_SYS_IDMAP_H
#define LAM_SYS_IDMAP_H

#include <sys/types.h>

#include "base/err.h"

struct lam_subids {
	unsigned first;
	unsigned count; /* 0: none */
};

/* The first range of `user` (by name, or by number) in a file of the form of subuid(5). */
int lam_subids_find(const char *file, uid_t uid, struct lam_subids *out, struct lam_err *err);

/* Writes both maps of `pid`, which has just entered its user namespace, from outside of it.
 * Returns how many ids it got: 1 when there are no sub-ids or no helper programs. */
int lam_idmap_write(pid_t pid, uid_t uid, gid_t gid, struct lam_err *err);

#endif
