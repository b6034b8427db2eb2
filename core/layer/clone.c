/* clone.c - see clone.h */
#define _GNU_SOURCE
#include "layer/clone.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fd.h"
#include "layer/marks.h"
#include "layer/mode.h"
#include "layer/xattrs.h"

enum { XATTR_MAX_SIZE = 64 << 10 };

#define FILE_FLAGS (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

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

/* Whether marks of the source are our own. Those of others' files must not get to ours. */
static int believes(const struct lam_clone *c, const struct stat *st)
{
	return !c->is_foreign && lam_mark_is_believed(st);
}

static int goes_along(const struct lam_clone *c, const struct stat *st, const char *name)
{
	if (c->powerless)
		return strncmp(name, "user.", 5) == 0 && lam_mark_xattr_travels(name);
	if (lam_mark_xattr_travels(name))
		return 1;
	return lam_mark_is_own(name) && strcmp(name, LAM_MARK_DEVICE) != 0 && believes(c, st);
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

static int copy_xattrs(const struct lam_clone *c, int from, const struct stat *st, int to,
		       struct lam_err *err)
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
		if (goes_along(c, st, name) && copy_xattr(from, to, name, err) < 0)
			return -1;
	return 0;
}

/* Whether an open file stands for a node that couldn't be made (marks.h). */
static int is_stand_in(const struct lam_clone *c, int fd, const struct stat *st,
		       struct lam_mark_device *device)
{
	return S_ISREG(st->st_mode) && st->st_size == 0 && believes(c, st) &&
	       lam_mark_device_get(fd, device);
}

/* Owner and mode of what a stand-in stands for are in its mark; the copy stays ours and closed. */
static int set_stand_in(const struct lam_clone *c, const struct stat *st,
			struct lam_mark_device *device, int to, struct lam_err *err)
{
	const struct stat node = { .st_mode = S_IFCHR | lam_mark_device_mode(device, st->st_mode),
				   .st_uid = device->uid,
				   .st_gid = device->gid };

	device->uid = lam_clone_uid(c, &node);
	device->gid = lam_clone_gid(c, &node);
	if (lam_clone_mode(c, &node, &device->mode, err) < 0)
		return -1;
	device->mode &= 07777;
	if (fchmod(to, lam_mark_closed(device->mode)) < 0)
		return lam_err_set(err, errno, "mode");
	return lam_mark_device_put(to, device, err);
}

/* Owner before mode, since chown takes set-id bits away. */
static int set_owner_and_mode(const struct lam_clone *c, int from, const struct stat *st, int to,
			      struct lam_err *err)
{
	uid_t uid = lam_clone_uid(c, st);
	gid_t gid = lam_clone_gid(c, st);
	struct lam_mark_device device;
	mode_t mode;

	if (is_stand_in(c, from, st, &device))
		return set_stand_in(c, st, &device, to, err);
	if (lam_clone_mode(c, st, &mode, err) < 0)
		return -1;
	if (fchown(to, uid, gid) < 0)
		return lam_err_set(err, errno, "owner %u:%u", uid, gid);
	return fchmod(to, mode) < 0 ? lam_err_set(err, errno, "mode %o", mode) : 0;
}

/* Both before file capabilities. */
static int set_attributes(const struct lam_clone *c, int from, const struct stat *st, int to,
			  struct lam_err *err)
{
	if (set_owner_and_mode(c, from, st, to, err) < 0)
		return -1;
	return copy_xattrs(c, from, st, to, err);
}

static int same_file(const struct stat *a, const struct stat *b)
{
	return S_ISREG(a->st_mode) && a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static int clone_file(struct lam_clone *c, int from, const char *name, int to, const char *as,
		      const struct stat *seen, struct lam_err *err)
{
	lam_autofd in = openat(from, name, FILE_FLAGS);
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

/* Mode and times of what is made under this name in a directory of ours. */
static int set_mode_and_times(const struct lam_clone *c, const struct stat *st, int to,
			      const char *as, struct lam_err *err)
{
	const struct timespec times[2] = { { 0, UTIME_OMIT }, st->st_mtim };
	mode_t mode;

	if (lam_clone_mode(c, st, &mode, err) < 0)
		return -1;
	if (!S_ISLNK(st->st_mode) && fchmodat(to, as, mode, 0) < 0)
		return lam_err_set(err, errno, "mode");
	if (utimensat(to, as, times, AT_SYMLINK_NOFOLLOW) < 0)
		return lam_err_set(err, errno, "times");
	return 0;
}

/* What can't be opened. */
static int finish_special(const struct lam_clone *c, const struct stat *st, int to, const char *as,
			  struct lam_err *err)
{
	if (fchownat(to, as, lam_clone_uid(c, st), lam_clone_gid(c, st), AT_SYMLINK_NOFOLLOW) < 0)
		return lam_err_set(err, errno, "owner");
	return set_mode_and_times(c, st, to, as, err);
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

/* A node that this user may not make is an empty file that says what it stands for (marks.h). */
static int make_stand_in(const struct lam_clone *c, const struct stat *st, int to, const char *as,
			 struct lam_err *err)
{
	const struct timespec times[2] = { { 0, UTIME_OMIT }, st->st_mtim };
	lam_autofd fd = openat(to, as, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct lam_mark_device device = { S_ISBLK(st->st_mode), major(st->st_rdev),
					  minor(st->st_rdev),   st->st_uid,
					  st->st_gid,           st->st_mode & 07777 };

	if (fd < 0)
		return lam_err_set(err, errno, "device node");
	if (set_stand_in(c, &(struct stat){ .st_mode = lam_mark_closed(st->st_mode) }, &device, fd,
			 err) < 0)
		return -1;
	return futimens(fd, times) < 0 ? lam_err_set(err, errno, "times") : 0;
}

static int clone_node(const struct lam_clone *c, const struct stat *st, int to, const char *as,
		      struct lam_err *err)
{
	dev_t device = S_ISFIFO(st->st_mode) ? 0 : st->st_rdev;

	if (mknodat(to, as, (st->st_mode & S_IFMT) | 0600, device) == 0)
		return finish_special(c, st, to, as, err);
	if (errno != EPERM || S_ISFIFO(st->st_mode))
		return lam_err_set(err, errno, "node");
	return make_stand_in(c, st, to, as, err);
}

/* As is_stand_in, of a file that isn't open yet. */
static int names_stand_in(const struct lam_clone *c, int from, const char *name,
			  const struct stat *st)
{
	struct lam_mark_device device;
	lam_autofd fd = -1;

	if (st->st_size > 0 || !believes(c, st))
		return 0;
	fd = openat(from, name, FILE_FLAGS);
	return fd >= 0 && is_stand_in(c, fd, st, &device);
}

int lam_clone_leaves_out(const struct lam_clone *c, int from, const char *name,
			 const struct stat *st)
{
	switch (st->st_mode & S_IFMT) {
	case S_IFSOCK:
		return 1;
	case S_IFCHR:
	case S_IFBLK:
		return c->powerless;
	case S_IFREG:
		return c->powerless && names_stand_in(c, from, name, st);
	default:
		return 0;
	}
}

int lam_clone_entry(struct lam_clone *c, int from, const char *name, const struct stat *st, int to,
		    const char *as, struct lam_err *err)
{
	if (lam_clone_leaves_out(c, from, name, st)) {
		c->left_out += !S_ISSOCK(st->st_mode);
		return 0;
	}
	switch (st->st_mode & S_IFMT) {
	case S_IFREG:
		return clone_file(c, from, name, to, as, st, err);
	case S_IFLNK:
		return clone_link(c, from, name, st, to, as, err);
	default:
		return clone_node(c, st, to, as, err);
	}
}

int lam_clone_dir(const struct lam_clone *c, int from, const struct stat *st, int to,
		  struct lam_err *err)
{
	struct stat was;

	if (fstat(to, &was) < 0)
		return lam_err_set(err, errno, "stat");
	if (!lam_mark_is_believed(&was) && lam_xattrs_remove(to, lam_mark_is_own, err) < 0)
		return -1;
	return set_attributes(c, from, st, to, err);
}
