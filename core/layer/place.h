/* place.h - making one entry of an archive below a root. */
#ifndef LAM_LAYER_PLACE_H
#define LAM_LAYER_PLACE_H

#include "layer/apply.h"
#include "layer/archive.h"
#include "layer/later.h"

struct lam_placer {
	int root;
	const struct lam_apply *how;
	const struct lam_archive *api;
	struct archive *archive;
	struct lam_later *later; /* what lam_place leaves for the end */
	uint64_t bytes;
};

/* Opens the directory that holds the last part of `path` (relative, clean, not empty) and copies
 * that part's name. Missing parents are made: 0755, as old as the entry that needs them. */
int lam_place_parent(struct lam_placer *p, const char *path, struct timespec mtime, char last[256],
		     struct lam_err *err);

/* Makes the entry `path`. */
int lam_place(struct lam_placer *p, const char *path, struct archive_entry *entry,
	      struct lam_err *err);

/* The entry for the root itself: attributes of a directory only. */
int lam_place_root(struct lam_placer *p, struct archive_entry *entry, struct lam_err *err);

/* A whiteout for `name` in the directory `parent`; what this layer itself has there stays. */
int lam_place_whiteout(int parent, const char *name, int userxattr, struct lam_err *err);

#endif
