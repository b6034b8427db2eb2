/* depth.h - how deep a tree may be that is walked directory by directory.
 *
 * Each level of such a walk takes stack and a descriptor or two. */
#ifndef LAM_LAYER_DEPTH_H
#define LAM_LAYER_DEPTH_H

#include <errno.h>

#include "base/err.h"

enum { LAM_DEPTH_MAX = 1024 };

/* Fails with E2BIG for a directory that is too deep; the tree's root has the depth 0. */
static inline int lam_depth_check(int depth, struct lam_err *err)
{
	if (depth <= LAM_DEPTH_MAX)
		return 0;
	return lam_err_set(err, E2BIG, "deeper than the limit 'depth' of %d", LAM_DEPTH_MAX);
}

#endif
