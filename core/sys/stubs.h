/* stubs.h - mount targets that an image lacks: made before, taken away after.
 *
 * What a container's mounts need (/proc, /etc/resolv.conf, …) must never end up in a layer. Each
 * stub is remembered as (parent, name, inode); it is removed only while it is still that inode
 * and empty, and the parent's times are put back (CVE-2024-23652). */
#ifndef LAM_SYS_STUBS_H
#define LAM_SYS_STUBS_H

#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#include "base/err.h"

struct lam_stub {
	int parent; /* descriptor of the directory it lies in */
	char name[256];
	ino_t inode;
	int is_dir;
	struct timespec atime, mtime; /* the parent's, from before */
};

struct lam_stubs {
	struct lam_stub *list;
	size_t count, cap;
};

/* Makes `path` below root, a directory or an empty file, with its parents, where it is missing.
 * What is there stays, whatever it is. */
int lam_stubs_add(struct lam_stubs *stubs, int root, const char *path, int is_dir,
		  struct lam_err *err);

/* Takes them away, last first; may run twice. What can't be removed stays. */
void lam_stubs_remove(struct lam_stubs *stubs);

#endif
