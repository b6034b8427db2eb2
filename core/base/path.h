/* path.h - paths as text: nothing here looks at a file system. */
#ifndef LAM_BASE_PATH_H
#define LAM_BASE_PATH_H

#include <stddef.h>

#include "base/err.h"

enum { LAM_PATH_MAX = 4096, LAM_NAME_MAX = 255 };

/* Writes the shortest path that means the same, lexically: no empty parts, no ".", no "x/..".
 * ".." never leaves "/"; a relative path may begin with "..". "" becomes ".".
 * Fails with ENAMETOOLONG when `out` is too small. */
int lam_path_clean(const char *path, char *out, size_t size, struct lam_err *err);

/* The next part of a path: its length, with *path moved to its first byte; 0 at the end. */
size_t lam_path_part(const char **path);

#endif
