/* fold.h - layers laid over one another become one layer.
 *
 * Both are directories in overlay form (marks.h) on one file system: files are linked, not
 * copied, so neither may be changed afterwards. */
#ifndef LAM_LAYER_FOLD_H
#define LAM_LAYER_FOLD_H

#include "base/err.h"

/* Lays the layer `upper` over `under`, which becomes both: what the upper one has replaces what is
 * there, what it hides goes, and its whiteouts stay for what lies still lower. */
int lam_fold(int upper, int under, int userxattr, struct lam_err *err);

#endif
