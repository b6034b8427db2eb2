/* changes.h - what an overlay's upper directory changes of what lies below it. */
#ifndef LAM_LAYER_CHANGES_H
#define LAM_LAYER_CHANGES_H

#include "base/err.h"

/* 'A' added, 'C' changed, 'D' deleted; the path is absolute. -1 stops the walk. */
typedef int lam_change_visit(void *data, char kind, const char *path, struct lam_err *err);

/* Calls visit for each change, parents before what is in them. A directory counts as changed when
 * it looks another way or names came or went in it; what was only copied up isn't told. `lower`
 * is a descriptor of what lies below, merged and read-only; -1 for nothing; `userxattr` is
 * the kind of overlay that has made the marks, -1: either. */
int lam_changes(int upper, int lower, int userxattr, lam_change_visit *visit, void *data,
		struct lam_err *err);

#endif
