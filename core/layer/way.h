/* way.h - the directories on the way to where a copy goes: found, or made where they are missing.
 *
 *	lam_autoplace at = { .fd = -1 };
 *	lam_way_start(copy, &at, err);
 *	lam_way_go(copy, &at, copy->destination, -1, err);
 *	// … something is made in at.fd …
 *	lam_way_set_time(at.fd, &at.st, err);
 *
 * All that answer int answer -1 on failure. */
#ifndef LAM_LAYER_WAY_H
#define LAM_LAYER_WAY_H

#include <sys/stat.h>

#include "base/auto.h"
#include "base/buf.h"
#include "layer/copy.h"

/* A directory on the way, and the times it is to have in the end. */
struct lam_place {
	int fd;
	struct stat st;
};

static inline void lam_auto_leave(struct lam_place *at)
{
	lam_auto_close(&at->fd);
}

#define lam_autoplace __attribute__((cleanup(lam_auto_leave))) struct lam_place

/* At the root of the destination. */
int lam_way_start(const struct lam_copy *c, struct lam_place *at, struct lam_err *err);

/* Goes down every element of `path`. With `models` (else -1), a directory that is made is as the
 * one of the same path there. */
int lam_way_go(const struct lam_copy *c, struct lam_place *at, const char *path, int models,
	       struct lam_err *err);

/* A descriptor of the directory `name` in `to`, made where it is missing. */
int lam_way_dir(int to, const char *name, struct lam_err *err);

/* Gives a directory the time of modification that a stat has. */
int lam_way_set_time(int dir, const struct stat *st, struct lam_err *err);

/* Adds an element to a path. */
int lam_way_append(struct lam_buf *path, const char *name, struct lam_err *err);

#endif
