/* overlay.h - an overlay as a detached mount: a descriptor that nothing in the tree shows.
 *
 * The descriptor serves as a root for openat2 and as the root file system of a process; closing
 * it unmounts. Linux: Documentation/filesystems/overlayfs.rst, fsopen(2). */
#ifndef LAM_SYS_OVERLAY_H
#define LAM_SYS_OVERLAY_H

#include <stddef.h>

#include "base/err.h"

enum { LAM_OVERLAY_LOWER_MAX = 500 };

struct lam_overlay {
	const char *const *lower; /* top first */
	size_t lowers;
	const char *upper, *work; /* NULL: read-only */
	int userxattr;            /* marks in user.overlay.*: what a user namespace needs */
	int is_volatile;          /* no syncs: the caller drops the upper after a crash */
};

/* Returns the descriptor of the mount, owned by the caller. */
int lam_overlay_mount(const struct lam_overlay *o, struct lam_err *err);

#endif
