/* place.h - making one entry of an archive below a root. */
#ifndef LAM_LAYER_PLACE_H
#define LAM_LAYER_PLACE_H

#include "layer/apply.h"
#include "layer/archive.h"

struct lam_later; /* directories whose times are set at the end */

struct lam_placer {
	int root;
	const struct lam_apply *how;
	const struct lam_archive *api;
	struct archive *archive;
	struct lam_later *later;
	uint64_t bytes;
};

/* Makes the entry `path` (relative, clean, not empty). */
int lam_place(struct lam_placer *p, const char *path, struct archive_entry *entry,
	      struct lam_err *err);

/* The entry for the root itself: attributes of a directory only. */
int lam_place_root(struct lam_placer *p, struct archive_entry *entry, struct lam_err *err);

/* Once all are made: the directories' times. */
int lam_place_finish(struct lam_placer *p, struct lam_err *err);

void lam_place_free(struct lam_placer *p);

/* A whiteout for `name` in the directory `parent`; what this layer itself has there stays. */
int lam_place_whiteout(int parent, const char *name, int userxattr, struct lam_err *err);

#endif
