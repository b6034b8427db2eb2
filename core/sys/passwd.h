/* passwd.h - who a user specification means inside a root file system.
 *
 * `user[:group]`, each a name or a number, looked up in the image's own /etc/passwd and
 * /etc/group as text: regular files of at most 10 MiB, opened below the root. No library of the
 * host or the image takes part. passwd(5), group(5). */
#ifndef LAM_SYS_PASSWD_H
#define LAM_SYS_PASSWD_H

#include <sys/types.h>

#include "base/err.h"

enum { LAM_GROUPS_MAX = 256 };

struct lam_user {
	uid_t uid;
	gid_t gid;
	gid_t groups[LAM_GROUPS_MAX]; /* supplementary; with the primary one */
	int ngroups;
	char home[256]; /* "/" when the user isn't listed */
	char name[256]; /* "" when the user isn't listed */
};

/* "" is root. A number that is not listed is taken as it is, with group 0; an unknown name fails
 * with ENOENT; what is no id (too large, negative, trailing text) fails with EINVAL. */
int lam_user_resolve(int root, const char *spec, struct lam_user *user, struct lam_err *err);

#endif
