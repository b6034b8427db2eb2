/* same.c - see same.h */
#define _GNU_SOURCE
#include "layer/same.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fd.h"
#include "base/path.h"
#include "layer/xattrs.h"

static int same_status(const struct stat *up, const struct stat *low)
{
	return up->st_mode == low->st_mode && up->st_uid == low->st_uid &&
	       up->st_gid == low->st_gid && up->st_mtim.tv_sec == low->st_mtim.tv_sec &&
	       up->st_mtim.tv_nsec == low->st_mtim.tv_nsec;
}

static int same_xattrs(int up, int low, int is_ours, struct lam_err *err)
{
	const struct lam_xattr_source a = { .fd = up, .is_ours = is_ours };
	const struct lam_xattr_source b = { .fd = low, .is_ours = is_ours };
	lam_autoxattrs x = LAM_XATTRS_INIT;
	lam_autoxattrs y = LAM_XATTRS_INIT;

	if (lam_xattrs_read(&a, &x, err) < 0 || lam_xattrs_read(&b, &y, err) < 0)
		return -1;
	if (x.count != y.count || strcmp(x.device, y.device) != 0)
		return 0;
	for (size_t i = 0; i < x.count; i++)
		if (strcmp(x.list[i].name, y.list[i].name) != 0 ||
		    x.list[i].size != y.list[i].size ||
		    memcmp(x.list[i].value, y.list[i].value, x.list[i].size) != 0)
			return 0;
	return 1;
}

static int same_bytes(int a, int b, const char *name, struct lam_err *err)
{
	char x[32768], y[sizeof(x)];
	ssize_t n, m;

	do {
		n = lam_fd_read_full(a, x, sizeof(x), name, err);
		m = n < 0 ? -1 : lam_fd_read_full(b, y, sizeof(y), name, err);
		if (m < 0)
			return -1;
		if (n != m || memcmp(x, y, (size_t)n) != 0)
			return 0;
	} while (n > 0);
	return 1;
}

static int same_target(int upper, int lower, const char *name, struct lam_err *err)
{
	char x[LAM_PATH_MAX], y[sizeof(x)];
	ssize_t n = readlinkat(upper, name, x, sizeof(x));
	ssize_t m = readlinkat(lower, name, y, sizeof(y));

	if (n < 0 || m < 0)
		return lam_err_set(err, errno, "readlink %s", name);
	return n == m && memcmp(x, y, (size_t)n) == 0;
}

static int same_opened(int upper, int lower, const char *name, const struct stat *st,
		       struct lam_err *err)
{
	const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	lam_autofd up = openat(upper, name, flags);
	lam_autofd low = openat(lower, name, flags);
	int same;

	if (up < 0 || low < 0)
		return lam_err_set(err, errno, "open %s", name);
	same = same_xattrs(up, low, lam_mark_is_believed(st), err);
	return same == 1 && S_ISREG(st->st_mode) ? same_bytes(up, low, name, err) : same;
}

int lam_same(int upper, int lower, const char *name, const struct stat *up, const struct stat *low,
	     struct lam_err *err)
{
	if (!same_status(up, low))
		return 0;
	if (S_ISDIR(up->st_mode))
		return same_opened(upper, lower, name, up, err);
	if (up->st_nlink > 1)
		return 0;
	if (S_ISLNK(up->st_mode))
		return same_target(upper, lower, name, err);
	if (S_ISREG(up->st_mode) && up->st_size == low->st_size)
		return same_opened(upper, lower, name, up, err);
	return 0;
}
