/* pair.h - a directory of an overlay's upper tree and the one that lies below it.
 *
 *	const struct lam_pair roots = lam_pair_roots(upper, lower, userxattr);
 *	lam_autopair next = LAM_PAIR_INIT;
 *	lam_pair_enter(&roots, "etc", &next, err); */
#ifndef LAM_LAYER_PAIR_H
#define LAM_LAYER_PAIR_H

#include <sys/stat.h>

#include "base/err.h"

struct lam_pair {
	int upper, lower; /* lower: -1 where there is none */
	int opaque;       /* nothing of the lower one shows through */
	int userxattr;    /* the kind of overlay that has made the marks, -1: either */
	int depth;
};

#define LAM_PAIR_INIT                                                                              \
	{                                                                                          \
		.upper = -1, .lower = -1                                                           \
	}

/* Of descriptors that stay the caller's. */
struct lam_pair lam_pair_roots(int upper, int lower, int userxattr);

/* Opens the directory `name` of the upper one, and of the lower one where it has it as well. */
int lam_pair_enter(const struct lam_pair *dirs, const char *name, struct lam_pair *next,
		   struct lam_err *err);

void lam_pair_leave(struct lam_pair *dirs);
#define lam_autopair __attribute__((cleanup(lam_pair_leave))) struct lam_pair

/* Whether a directory, -1 for none, has this name. */
int lam_pair_has(int dir, const char *name, struct stat *st);

/* -1 with err filled ends the calls. */
typedef int lam_pair_visit(void *data, const char *name, struct lam_err *err);

/* Calls visit for what the upper directory hides by being opaque, and doesn't have itself. */
int lam_pair_hidden(const struct lam_pair *dirs, lam_pair_visit *visit, void *data,
		    struct lam_err *err);

#endif
