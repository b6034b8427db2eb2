/* clone.c - see clone.h */
#define _GNU_SOURCE
#include "layer/clone.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fd.h"
#include "layer/marks.h"
#include "layer/mode.h"

enum { XATTR_MAX_SIZE = 64 << 10 };

uid_t lam_clone_uid(const struct lam_clone *c, const struct stat *st)
{
	if (c->uid >= 0)
		return (uid_t)c->uid;
	return c->reset_owner ? 0 : st->st_uid;
}

gid_t lam_clone_gid(const struct lam_clone *c, const struct stat *st)
{
	if (c->gid >= 0)
		return (gid_t)c->gid;
	return c->reset_owner ? 0 : st->st_gid;
}

int lam_clone_mode(const struct lam_clone *c, const struct stat *st, mode_t *mode,
		   struct lam_err *err)
{
	*mode = st->st_mode & (c->powerless && !S_ISDIR(st->st_mode) ? 01777 : 07777);
	return c->chmod ? lam_mode_change(c->chmod, *mode, S_ISDIR(st->st_mode), mode, err) : 0;
}

/* A stage's own stand-ins (marks.h) go along as they are. */
static int goes_along(const struct lam_clone *c, const char *name)
{
	if (c->powerless)
		return strncmp(name, "user.", 5) == 0 && lam_mark_xattr_travels(name);
	return lam_mark_xattr_travels(name) || strcmp(name, LAM_MARK_DEVICE) == 0 ||
	       strncmp(name, LAM_MARK_XATTR, strlen(LAM_MARK_XATTR)) == 0;
}

static int copy_xattr(int from, int to, const char *name, struct lam_err *err)
{
	char value[XATTR_MAX_SIZE], kept[256];
	ssize_t n = fgetxattr(from, name, value, sizeof(value));

	if (n < 0)
		return errno == ENODATA ? 0 : lam_err_set(err, errno, "read xattr %s", name);
	if (fsetxattr(to, name, value, (size_t)n, 0) == 0)
		return 0;
	if (errno != EPERM && errno != EOPNOTSUPP)
		return lam_err_set(err, errno, "xattr %s", name);
	if (snprintf(kept, sizeof(kept), "%s%s", LAM_MARK_XATTR, name) >= (int)sizeof(kept))
		return lam_err_set(err, ENAMETOOLONG, "xattr %s", name);
	if (fsetxattr(to, kept, value, (size_t)n, 0) < 0 && errno != EPERM && errno != EOPNOTSUPP)
		return lam_err_set(err, errno, "xattr %s", name);
	return 0;
}

static int copy_xattrs(const struct lam_clone *c, int from, int to, struct lam_err *err)
{
	char few[1024];
	lam_autobuf struct lam_buf many = LAM_BUF_INIT;
	char *names = few;
	ssize_t n = flistxattr(from, few, sizeof(few));

	if (n < 0 && errno == ERANGE) {
		if (lam_buf_reserve(&many, XATTR_MAX_SIZE, err) < 0)
			return -1;
		names = many.data;
		n = flistxattr(from, names, XATTR_MAX_SIZE);
	}
	if (n < 0)
		return errno == EOPNOTSUPP ? 0 : lam_err_set(err, errno, "list xattrs");
	for (char *name = names; name < names + n; name += strlen(name) + 1)
		if (goes_along(c, name) && copy_xattr(from, to, name, err) < 0)
			return -1;
	return 0;
}

/* Owner before mode, since chown takes set-id bits away; both before file capabilities. */
static int set_attributes(const struct lam_clone *c, int from, const struct stat *st, int to,
			  struct lam_err *err)
{
	uid_t uid = lam_clone_uid(c, st);
	gid_t gid = lam_clone_gid(c, st);
	mode_t mode;

	if (lam_clone_mode(c, st, &mode, err) < 0)
		return -1;
	if (fchown(to, uid, gid) < 0)
		return lam_err_set(err, errno, "owner %u:%u", uid, gid);
	if (fchmod(to, mode) < 0)
		return lam_err_set(err, errno, "mode %o", mode);
	return copy_xattrs(c, from, to, err);
}

static int same_file(const struct stat *a, const struct stat *b)
{
	return S_ISREG(a->st_mode) && a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static int clone_file(struct lam_clone *c, int from, const char *name, int to, const char *as,
		      const struct stat *seen, struct lam_err *err)
{
	lam_autofd in =
	    openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	lam_autofd out = -1;
	struct timespec times[2] = { { 0, UTIME_OMIT }, { 0, 0 } };
	struct stat st;

	if (in < 0 || fstat(in, &st) < 0)
		return lam_err_set(err, errno, "open");
	if (!same_file(&st, seen))
		return lam_err_set(err, ESTALE, "it changed meanwhile");
	out = openat(to, as, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out < 0)
		return lam_err_set(err, errno, "create");
	/* A file that grows meanwhile is copied as long as it was, one that is cut as it is then.
	 */
	if (lam_fd_copy(in, out, (uint64_t)st.st_size, err) < 0 ||
	    set_attributes(c, in, &st, out, err) < 0)
		return -1;
	times[1] = st.st_mtim;
	if (futimens(out, times) < 0)
		return lam_err_set(err, errno, "times");
	c->bytes += (uint64_t)st.st_size;
	return 0;
}

/* What can't be opened: attributes by name, which is in a directory of ours. */
static int finish_special(const struct lam_clone *c, const struct stat *st, int to, const char *as,
			  struct lam_err *err)
{
	const struct timespec times[2] = { { 0, UTIME_OMIT }, st->st_mtim };
	mode_t mode;

	if (lam_clone_mode(c, st, &mode, err) < 0)
		return -1;
	if (fchownat(to, as, lam_clone_uid(c, st), lam_clone_gid(c, st), AT_SYMLINK_NOFOLLOW) < 0)
		return lam_err_set(err, errno, "owner");
	if (!S_ISLNK(st->st_mode) && fchmodat(to, as, mode, 0) < 0)
		return lam_err_set(err, errno, "mode");
	if (utimensat(to, as, times, AT_SYMLINK_NOFOLLOW) < 0)
		return lam_err_set(err, errno, "times");
	return 0;
}

static int clone_link(const struct lam_clone *c, int from, const char *name, const struct stat *st,
		      int to, const char *as, struct lam_err *err)
{
	char target[4097];
	ssize_t n = readlinkat(from, name, target, sizeof(target) - 1);

	if (n < 0)
		return lam_err_set(err, errno, "readlink");
	target[n] = '\0';
	if (symlinkat(target, to, as) < 0)
		return lam_err_set(err, errno, "symlink");
	return finish_special(c, st, to, as, err);
}

static int make_stand_in(const struct stat *st, int to, const char *as, struct lam_err *err)
{
	lam_autofd fd = openat(to, as, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	char text[64];
	int n = snprintf(text, sizeof(text), "%c:%u:%u", S_ISBLK(st->st_mode) ? 'b' : 'c',
			 major(st->st_rdev), minor(st->st_rdev));

	if (fd < 0 || fsetxattr(fd, LAM_MARK_DEVICE, text, (size_t)n, 0) < 0)
		return lam_err_set(err, errno, "device node");
	return 0;
}

static int clone_node(struct lam_clone *c, const struct stat *st, int to, const char *as,
		      struct lam_err *err)
{
	dev_t device = S_ISFIFO(st->st_mode) ? 0 : st->st_rdev;

	if (c->powerless && !S_ISFIFO(st->st_mode)) {
		c->left_out++;
		return 0;
	}
	if (mknodat(to, as, (st->st_mode & S_IFMT) | 0600, device) < 0 &&
	    (errno != EPERM || make_stand_in(st, to, as, err) < 0))
		return lam_err_set(err, errno, "node");
	return finish_special(c, st, to, as, err);
}

int lam_clone_entry(struct lam_clone *c, int from, const char *name, const struct stat *st, int to,
		    const char *as, struct lam_err *err)
{
	switch (st->st_mode & S_IFMT) {
	case S_IFREG:
		return clone_file(c, from, name, to, as, st, err);
	case S_IFLNK:
		return clone_link(c, from, name, st, to, as, err);
	case S_IFSOCK:
		return 0;
	default:
		return clone_node(c, st, to, as, err);
	}
}

int lam_clone_dir(const struct lam_clone *c, int from, const struct stat *st, int to,
		  struct lam_err *err)
{
	return set_attributes(c, from, st, to, err);
}
