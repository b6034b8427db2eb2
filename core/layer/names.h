/* names.h - the names in a directory, sorted by their bytes. */
#ifndef LAM_LAYER_NAMES_H
#define LAM_LAYER_NAMES_H

#include <stddef.h>

#include "base/buf.h"

struct lam_names {
	struct lam_buf text; /* the names, each with its type before it and its NUL */
	char **list;
	size_t count;
};

/* Reads the directory `dir`, which stays the caller's and is read from its beginning. */
int lam_names_read(int dir, struct lam_names *names, struct lam_err *err);

/* What it was when the directory was read: DT_REG and so on (readdir(3)), DT_UNKNOWN where the file
 * system doesn't tell. */
int lam_names_type(const struct lam_names *names, size_t index);

void lam_names_free(struct lam_names *names);
#define lam_autonames __attribute__((cleanup(lam_names_free))) struct lam_names

#endif
