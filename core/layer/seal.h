/* seal.h - an overlay's upper directory becomes a layer that stands by itself.
 *
 * `lower` is a descriptor of what lies below it, merged and read-only; -1 for nothing.
 * `userxattr` is the kind of overlay that has made the marks; -1: marks of either count. */
#ifndef LAM_LAYER_SEAL_H
#define LAM_LAYER_SEAL_H

#include "base/err.h"

struct lam_sealed {
	long removed; /* entries that were taken out */
	/* Files whose owner or mode alone were changed, and which lie in the layer once more: what
	 * a chown of a whole tree costs. */
	long doubled;
	long long doubled_bytes;
};

/* Takes out what says nothing: whiteouts of names that aren't below, and what was copied up and is
 * as it was (same.h). Opaque marks become whiteouts of what they hide. `strips`: others than we
 * have written here, so that marks of devices and xattrs (marks.h) which aren't below go as well.
 */
int lam_seal(int upper, int lower, int userxattr, int strips, struct lam_sealed *out,
	     struct lam_err *err);

#endif
