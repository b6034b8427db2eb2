/* copy.h - the files of copy and add: from one tree into another (SEMANTICS 45, 46, 50-55).
 *
 * Both sides are resolved beneath their root. The destination may be a mounted overlay: what is
 * changed is only what has to be, and a directory that was there has its time back afterwards. */
#ifndef LAM_LAYER_COPY_H
#define LAM_LAYER_COPY_H

#include "layer/clone.h"
#include "layer/links.h"
#include "layer/reuse.h"

enum lam_verdict {
	LAM_KEEP,
	LAM_SKIP,  /* not this; what lies in it may still be kept */
	LAM_PRUNE, /* neither this nor anything in it */
	LAM_FAIL,  /* the callback has set err */
};

struct lam_copy {
	int from, to;            /* roots: directories, the caller's */
	const char *destination; /* absolute, clean, without links; "/" behind it: a directory */
	int parents;             /* keep the source's whole path below the destination */
	struct lam_clone as;
	struct lam_links *links; /* hard links among all that is copied with it */
	int earlier;             /* root of what the same copy gave before; -1: none */
	struct lam_reuse reuse;  /* what of it is taken, where that can be linked to */
	int is_raw;              /* `to` is no overlay: everywhere in it */
	/* Where `to` is an overlay, directories that are new in it are made in the directory
	 * `staged` (-1: not) under numbers. The caller brings them to their places when the overlay
	 * is unmounted: `place` hears of each, and with number 0 of a path that is to be one more
	 * link to the file `first`. */
	int staged;
	unsigned staged_count;
	int (*place)(void *data, unsigned number, const char *path, const char *first,
		     struct lam_err *err);
	void *place_data;
	/* May be NULL. `path` is relative to `from`, `below` to the source, with `parents` to where
	 * `name` begins, so that the source itself is asked for too ("" never comes). */
	enum lam_verdict (*exclude)(void *data, const char *path, const char *below, int is_dir,
				    struct lam_err *err);
	void *exclude_data;
	void (*progress)(void *data, uint64_t bytes);
	void *progress_data;
};

/* Copies one source: `path` is clean, without links and relative to `from`, "" for all of it;
 * `name` is how it was asked for, which names the copy. Of a directory the contents are copied,
 * not itself. */
int lam_copy(struct lam_copy *c, const char *path, const char *name, struct lam_err *err);

#endif
