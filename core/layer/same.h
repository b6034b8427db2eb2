/* same.h - whether an overlay's upper entry is to the eye what lies below it. */
#ifndef LAM_LAYER_SAME_H
#define LAM_LAYER_SAME_H

#include <sys/stat.h>

#include "base/err.h"

/* Compares `name` in the directories upper and lower, which are as the stats say: type, mode,
 * owner, time, xattrs, a link's target, and what a file holds. What a directory holds is not
 * looked at. 1, 0, or -1 with err filled. A name of a hard link is never the same: the names of
 * one file stay together. */
int lam_same(int upper, int lower, const char *name, const struct stat *up, const struct stat *low,
	     struct lam_err *err);

#endif
