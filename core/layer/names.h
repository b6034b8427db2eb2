/* names.h - the names in a directory, sorted by their bytes. */
#ifndef LAM_LAYER_NAMES_H
#define LAM_LAYER_NAMES_H

#include <stddef.h>

#include "base/buf.h"

struct lam_names {
	struct lam_buf text; /* the names, each with its NUL */
	char **list;
	size_t count;
};

/* Reads the directory `dir`, which stays the caller's and is read from its beginning. */
int lam_names_read(int dir, struct lam_names *names, struct lam_err *err);

void lam_names_free(struct lam_names *names);
#define lam_autonames __attribute__((cleanup(lam_names_free))) struct lam_names

#endif
