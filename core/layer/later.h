/* later.h - what is said of directories while they are filled, and holds once they are.
 *
 *	lam_later_add(&later, path, &what, err)          // while it is open to us: 0700
 *	lam_later_apply(later, root, implied, err)       // once
 *	lam_later_free(later)                            // NULL is fine
 *
 * That are times, modes that close it, and whether the archive has no entry for it. */
#ifndef LAM_LAYER_LATER_H
#define LAM_LAYER_LATER_H

#include <sys/types.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"

struct lam_later;

struct lam_later_dir {
	ino_t inode;
	mode_t mode;
	struct timespec mtime;
	int is_implied;
};

int lam_later_add(struct lam_later **later, const char *path, const struct lam_later_dir *what,
		  struct lam_err *err);

/* What was said of a directory last counts; one that was replaced meanwhile is left alone. The
 * paths of those that are implied are appended to `implied` (NULL: nowhere), each with its NUL. */
int lam_later_apply(const struct lam_later *later, int root, struct lam_buf *implied,
		    struct lam_err *err);

void lam_later_free(struct lam_later *later);

#endif
