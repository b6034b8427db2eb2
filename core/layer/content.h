/* content.h - the digest of what a scanned tree holds.
 *
 * For each entry that counts: its place below the path, type, mode, owner, device numbers, and its
 * body: the xattrs that travel (xattrs.h) and the content or link target. Not its times, nor the
 * path's own name. A further link to a file counts as such, not as a copy. */
#ifndef LAM_LAYER_CONTENT_H
#define LAM_LAYER_CONTENT_H

#include "base/digest.h"
#include "layer/scan.h"

struct lam_content;

struct lam_content_how {
	lam_scan_filter *filter; /* NULL: everything counts; paths are relative to the path */
	/* One for each path, or NULL. What the filter is asked begins with it, and the path itself
	 * is asked for by it, where it isn't "". */
	const char *const *names;
	void *filter_arg;
	const void *filter_id; /* tells it from others, between calls */
	int64_t uid, gid;      /* -1: as it is */
	int slice;             /* milliseconds to read for, 0 for no limit */
	int state;             /* not what is in files, but which they are and their times */
};

struct lam_content_paths {
	const char *const *list;
	size_t count;
};

/* Bodies are remembered in the file `memory` (NULL: not at all). The scan stays the caller's. */
struct lam_content *lam_content_new(struct lam_scan *scan, const char *memory, struct lam_err *err);

/* Of all the paths together: links go from one to another. Fails with ENOENT where the scan has no
 * such path, with EAGAIN when the slice is over: the next call, if it asks for the same, goes on
 * from there, in the middle of a file if need be, and asks the filter nothing again. */
int lam_content_digest(struct lam_content *content, const struct lam_content_paths *paths,
		       const struct lam_content_how *how, char hex[LAM_SHA256_HEX],
		       struct lam_err *err);

int lam_content_save(struct lam_content *content, struct lam_err *err);

void lam_content_free(struct lam_content *content);

#endif
