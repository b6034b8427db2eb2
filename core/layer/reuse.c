/* reuse.c - see reuse.h */
#define _GNU_SOURCE
#include "layer/reuse.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/auto.h"
#include "layer/marks.h"

enum { CHUNK = 64 << 10, NAMES = 1024 };

static int same_time(const struct lam_reuse *reuse, const struct stat *st, const struct stat *old)
{
	if (reuse->epoch >= 0 && st->st_mtim.tv_sec >= reuse->epoch)
		return old->st_mtim.tv_sec == reuse->epoch && old->st_mtim.tv_nsec == 0;
	return old->st_mtim.tv_sec == st->st_mtim.tv_sec &&
	       old->st_mtim.tv_nsec == st->st_mtim.tv_nsec;
}

static int same_attributes(const struct lam_reuse *reuse, const struct lam_clone *how,
			   const struct stat *st, const struct stat *old)
{
	struct lam_err ignored;
	mode_t mode;

	return S_ISREG(old->st_mode) && old->st_size == st->st_size && same_time(reuse, st, old) &&
	       old->st_uid == lam_clone_uid(how, st) && old->st_gid == lam_clone_gid(how, st) &&
	       lam_clone_mode(how, st, &mode, &ignored) == 0 && (old->st_mode & 07777) == mode;
}

/* Whether a file has no xattr that a layer would hold. */
static int is_plain(int fd)
{
	char names[NAMES];
	ssize_t n = flistxattr(fd, names, sizeof(names));

	if (n < 0)
		return errno == EOPNOTSUPP;
	for (const char *name = names; name < names + n; name += strlen(name) + 1)
		if (lam_mark_xattr_travels(name) || strncmp(name, "user.", 5) == 0)
			return 0;
	return 1;
}

/* -1 with errno where either can't be read to its end. */
static ssize_t read_whole(int fd, char *chunk)
{
	size_t have = 0;

	while (have < CHUNK) {
		ssize_t n = read(fd, chunk + have, CHUNK - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

static int same_content(int a, int b)
{
	char left[CHUNK], right[CHUNK];
	ssize_t n;

	do {
		n = read_whole(a, left);
		if (n < 0 || read_whole(b, right) != n || memcmp(left, right, (size_t)n) != 0)
			return 0;
	} while (n == CHUNK);
	return 1;
}

/* Both files are opened, and are what was looked at. */
static int is_same(const struct lam_reuse *reuse, const struct lam_clone *how, int from,
		   const char *name, const struct stat *st, int earlier, const char *as,
		   struct stat *old)
{
	enum { HOW = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC };
	struct stat now;

	if (fstatat(earlier, as, old, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !same_attributes(reuse, how, st, old))
		return 0;
	lam_autofd a = openat(from, name, HOW);
	lam_autofd b = openat(earlier, as, HOW);

	if (a < 0 || b < 0 || fstat(a, &now) < 0 || now.st_ino != st->st_ino ||
	    now.st_dev != st->st_dev || !is_plain(a) || !is_plain(b))
		return 0;
	return same_content(a, b);
}

int lam_reuse(struct lam_reuse *reuse, const struct lam_clone *how, int from, const char *name,
	      const struct stat *st, int earlier, int to, const char *as, const char *path,
	      struct lam_err *err)
{
	struct stat old;

	if (!is_same(reuse, how, from, name, st, earlier, as, &old))
		return 0;
	if (old.st_nlink > 1) {
		const char *first = lam_links_first(reuse->taken, &old, path, err);

		if (!first)
			return -1;
		if (strcmp(first, path) != 0)
			return 0;
	}
	if (linkat(earlier, as, to, as, 0) < 0)
		return errno == EEXIST ? lam_err_set(err, errno, "link") : 0;
	reuse->count++;
	return 1;
}
