/* later.h - directories whose times and tight modes are set once nothing is made in them any more.
 *
 *	lam_later_add(&later, path, inode, mode, mtime, err)      // while it is open to us: 0700
 *	lam_later_apply(later, root, err)                         // once
 *	lam_later_free(later)                                     // NULL is fine */
#ifndef LAM_LAYER_LATER_H
#define LAM_LAYER_LATER_H

#include <sys/types.h>
#include <time.h>

#include "base/err.h"

struct lam_later;

int lam_later_add(struct lam_later **later, const char *path, ino_t inode, mode_t mode,
		  struct timespec mtime, struct lam_err *err);

/* What was said of a directory last counts; one that was replaced meanwhile is left alone. */
int lam_later_apply(const struct lam_later *later, int root, struct lam_err *err);

void lam_later_free(struct lam_later *later);

#endif
