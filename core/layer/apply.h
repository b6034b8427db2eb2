/* apply.h - a tar becomes a directory tree below a root, nothing else is touched.
 *
 * Each name is resolved once, below the root (openat2); the last part is made anew, never
 * followed. Attributes go on through descriptors. OCI image specification, layer.md. */
#ifndef LAM_LAYER_APPLY_H
#define LAM_LAYER_APPLY_H

#include <stdint.h>

#include "base/buf.h"
#include "layer/decode.h"

struct lam_apply_limits {
	uint64_t entries, bytes;
	unsigned ratio, depth, path;
	unsigned xattr, xattrs; /* of one entry: bytes of all, how many */
};

/* What SECURITY section 7 sets where nothing else is asked for. */
extern const struct lam_apply_limits lam_apply_limits_default;

struct lam_apply {
	int tree;           /* a plain tree (ADD): `.wh.` means nothing */
	int userxattr;      /* the kind of overlay that will show it */
	long long uid, gid; /* for everything, -1: as the archive says */
	unsigned ids;       /* how many ids are mapped: others can't be given */
	int compression;    /* what it has to be (enum lam_compression), -1: whatever it is */
	int keep;           /* descriptor that gets a copy of the input, or -1 */
	uint64_t whole;     /* what the input grows to while it is read; 0: it is all there */
	struct lam_apply_limits limits;
	/* Gets the directories that have no entry of their own, each path with its NUL: what they
	 * are like is for the layers below to say. May be NULL. */
	struct lam_buf *implied;
	void (*progress)(void *data, uint64_t done);
	void *progress_data;
};

struct lam_applied {
	struct lam_decoded stream;
	uint64_t entries, bytes; /* bytes: of file contents */
};

/* Applies the archive in fd below the directory `root`. */
int lam_apply(int fd, int root, const struct lam_apply *how, struct lam_applied *out,
	      struct lam_err *err);

#endif
