/* links.h - which file had which name first: for hard links within one tree. */
#ifndef LAM_LAYER_LINKS_H
#define LAM_LAYER_LINKS_H

#include <sys/stat.h>

#include "base/err.h"

struct lam_links;

struct lam_links *lam_links_new(struct lam_err *err);

/* The first path under which this file (device and inode) was asked for: `path` itself when it
 * is new. Owned by the table. NULL when memory ran out. */
const char *lam_links_first(struct lam_links *links, const struct stat *st, const char *path,
			    struct lam_err *err);

void lam_links_free(struct lam_links *links);

#endif
