/* beneath.h - paths from outside, resolved below a root directory.
 *
 * The root acts as chroot(2) would: an absolute path or link starts at the root, ".." stops
 * there, and magic links (/proc/PID/fd) are refused. openat2(2) does it in one call; where the
 * kernel or a filter has none, the path is walked part by part with the same result. */
#ifndef LAM_BASE_BENEATH_H
#define LAM_BASE_BENEATH_H

#include <sys/types.h>

#include "base/err.h"

/* Opens `path` below the directory `root`. O_CLOEXEC is added. The caller owns the result. */
int lam_beneath_open(int root, const char *path, int flags, mode_t mode, struct lam_err *err);

/* The same; with `root` -1 the path is any of this process. */
int lam_open_at(int root, const char *path, int flags, mode_t mode, struct lam_err *err);

/* Opens the directory that holds the last part of `path` (O_PATH) and copies that part's name.
 * Links in the parent are followed below the root; the last part is not looked at. With
 * `make_parents` not 0, missing parents are made with that mode. A path that names the root
 * itself gives the name ".". Fails with EINVAL when the last part is "..". */
int lam_beneath_parent(int root, const char *path, mode_t make_parents, char last[256],
		       struct lam_err *err);

/* Makes the directory and its missing parents; returns an O_PATH descriptor of it. */
int lam_beneath_mkdirs(int root, const char *path, mode_t mode, struct lam_err *err);

/* Makes every later call walk: for tests, and for kernels whose openat2 lies. */
void lam_beneath_without_openat2(int on);

#endif
