/* glob.h - wildcards in paths, as Go's filepath.Match reads them, one name at a time.
 *
 *	struct lam_glob *glob = lam_glob_new("src/[a-c]*.lua", err);
 *	lam_glob_depth(glob);             // 2: how many names a path that matches has
 *	lam_glob_name(glob, 1, "b.lua");  // whether the second name matches
 *
 * `*` and `?` stop at a slash, `[a-z]` and `[^a]` are classes of characters, `\` quotes. Bytes
 * that aren't UTF-8 are characters of their own. A class never matches a slash, not even one that
 * names it. Only the last star is ever tried again, so a hostile pattern costs at most its
 * length times the name's. */
#ifndef LAM_BASE_GLOB_H
#define LAM_BASE_GLOB_H

#include <stddef.h>

#include "base/err.h"

struct lam_glob;

/* Fails with EINVAL where the pattern is malformed, wherever in it. */
struct lam_glob *lam_glob_new(const char *pattern, struct lam_err *err);

size_t lam_glob_depth(const struct lam_glob *glob);

int lam_glob_name(const struct lam_glob *glob, size_t at, const char *name);

void lam_glob_free(struct lam_glob *glob);

#endif
