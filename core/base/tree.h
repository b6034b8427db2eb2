/* tree.h - whole directory trees, walked by descriptors: no path is ever built, no link
 * followed, no mount crossed, and depth costs no stack. */
#ifndef LAM_BASE_TREE_H
#define LAM_BASE_TREE_H

#include "base/err.h"

/* Removes `name` below the directory `dir`, whatever it is: directories without permissions
 * are opened up first, immutable flags cleared where that is allowed. Absent is fine.
 * Fails with EXDEV at a mount point, which is left alone. */
int lam_tree_remove(int dir, const char *name, struct lam_err *err);

#endif
