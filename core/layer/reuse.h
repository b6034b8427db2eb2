/* reuse.h - files of an earlier copy taken again by hard link.
 *
 * A file is taken when it is what a copy would be now, in owner, mode, time and every byte: nothing
 * is believed. One with xattrs, or that another file of this copy has taken, is copied. Layers are
 * never changed, so it doesn't matter that two of them have a file in common. */
#ifndef LAM_LAYER_REUSE_H
#define LAM_LAYER_REUSE_H

#include <stdint.h>
#include <sys/stat.h>

#include "base/err.h"
#include "layer/clone.h"
#include "layer/links.h"

struct lam_reuse {
	int64_t epoch;           /* later times became this in the earlier copy; -1: none did */
	struct lam_links *taken; /* what is in the new copy already */
	uint64_t count;          /* of files taken */
};

/* Links `as` in `earlier` to `as` in `to`, which must not be there, where it is what the file
 * `name` in `from` (of this stat) would become. 1 when it was, 0 when it is to be copied. `path`
 * tells it from the others of the copy. */
int lam_reuse(struct lam_reuse *reuse, const struct lam_clone *how, int from, const char *name,
	      const struct stat *st, int earlier, int to, const char *as, const char *path,
	      struct lam_err *err);

#endif
