/* container.h - what a process in namespaces of its own looks like: the whole specification.
 *
 * A plain value that the parent fills and the child only reads, in a copy of the parent's memory or
 * in that memory itself (vfork.h). Pointers stay the caller's. */
#ifndef LAM_SYS_CONTAINER_H
#define LAM_SYS_CONTAINER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "base/err.h"
#include "sys/seccomp.h"

enum lam_network { LAM_NETWORK_NONE, LAM_NETWORK_HOST, LAM_NETWORK_FD };

struct lam_mount {
	const char *target; /* below the root; must exist */
	int tree;           /* a detached mount to put there, or -1 for a new tmpfs */
	int readonly;
	const char *options; /* of the tmpfs: "size=1m,mode=755" or NULL */
};

struct lam_limit {
	int resource;
	struct rlimit value;
};

struct lam_container {
	int root;     /* a detached mount that becomes "/" */
	int readonly; /* "/" can't be written to */
	int launcher; /* of lam_launcher_open */
	char *const *args;
	char *const *env;
	const char *cwd;
	uid_t uid;
	gid_t gid;
	const gid_t *groups;
	size_t ngroups;
	int may_setgroups; /* not in a user namespace with a single id */
	const char *hostname;
	const struct lam_mount *mounts;
	size_t nmounts;
	enum lam_network network;
	int netns;    /* for LAM_NETWORK_FD */
	int stdio[3]; /* -1: inherited */
	int terminal; /* a new pseudo-terminal becomes stdio */
	uint64_t caps;
	int no_new_privileges;
	const struct lam_seccomp *seccomp; /* NULL: no filter */
	const struct lam_limit *limits;
	size_t nlimits;
	int init;     /* a process of ours stays pid 1 and reaps */
	int rootless; /* in a user namespace: no mknod of real devices */
	unsigned ids; /* mapped ids: gid 5 for the terminals needs 6 */
};

#endif
