/* regular.c - see regular.h */
#define _GNU_SOURCE
#include "base/regular.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/beneath.h"

static int number_of(mode_t mode)
{
	if (S_ISDIR(mode))
		return EISDIR;
	return S_ISLNK(mode) ? ELOOP : EINVAL;
}

int lam_regular_open(int root, const char *path, int nofollow, struct lam_err *err)
{
	/* The name alone: O_PATH opens nothing. */
	lam_autofd found = lam_open_at(root, path, O_PATH | (nofollow ? O_NOFOLLOW : 0), 0, err);
	char self[64];
	struct stat st;
	int fd;

	if (found < 0)
		return -1;
	if (fstat(found, &st) < 0)
		return lam_err_set(err, errno, "open %s", path);
	if (!S_ISREG(st.st_mode)) {
		lam_err_set(err, 0, "open %s: not a regular file", path);
		err->num = number_of(st.st_mode);
		return -1;
	}
	snprintf(self, sizeof(self), "/proc/self/fd/%d", found);
	fd = open(self, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	return fd >= 0 ? fd : lam_err_set(err, errno, "open %s", path);
}
