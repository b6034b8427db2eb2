/* fold.c - see fold.h */
#define _GNU_SOURCE
#include "layer/fold.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/tree.h"
#include "layer/clone.h"
#include "layer/depth.h"
#include "layer/marks.h"
#include "layer/names.h"
#include "layer/xattrs.h"

#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

struct fold {
	int userxattr;
	int is_named; /* a failure says already of what: the innermost */
	struct lam_clone as;
};

static int fold_dir(struct fold *f, int upper, int under, int depth, struct lam_err *err);

static int empty_dir(int dir, struct lam_err *err)
{
	lam_autonames names = { 0 };

	if (lam_names_read(dir, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++)
		if (lam_tree_remove(dir, names.list[i], err) < 0)
			return -1;
	return 0;
}

static int mark_opaque(const struct fold *f, int dir, struct lam_err *err)
{
	if (fsetxattr(dir, lam_mark_opaque(f->userxattr), "y", 1, 0) < 0)
		return lam_err_set(err, errno, "mark as opaque");
	return 0;
}

/* The directory of that name in `under`, made where something else or nothing is. One that stands
 * where a whiteout was hides what that one hid. */
static int open_under(const struct fold *f, int under, const char *name, struct lam_err *err)
{
	struct stat st;
	int there = fstatat(under, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
	int hides = there && !S_ISDIR(st.st_mode);
	lam_autofd dir = -1;

	if (hides && unlinkat(under, name, 0) < 0)
		return lam_err_set(err, errno, "replace");
	if ((hides || !there) && mkdirat(under, name, 0700) < 0)
		return lam_err_set(err, errno, "mkdir");
	dir = openat(under, name, DIR_FLAGS);
	if (dir < 0)
		return lam_err_set(err, errno, "open");
	if (hides && mark_opaque(f, dir, err) < 0)
		return -1;
	return lam_fd_give(&dir);
}

/* The upper directory's word counts: what it doesn't have of the lower one's xattrs, it had taken
 * off. */
static int take_attributes(const struct fold *f, int from, const struct stat *st, int to,
			   struct lam_err *err)
{
	const struct timespec times[2] = { { 0, UTIME_OMIT }, st->st_mtim };

	if (lam_xattrs_clear(to, err) < 0 || lam_clone_dir(&f->as, from, st, to, err) < 0)
		return -1;
	return futimens(to, times) < 0 ? lam_err_set(err, errno, "times") : 0;
}

static int fold_subdir(struct fold *f, int upper, int under, const char *name,
		       const struct stat *st, int depth, struct lam_err *err)
{
	lam_autofd from = openat(upper, name, DIR_FLAGS);
	lam_autofd to = -1;

	if (from < 0)
		return lam_err_set(err, errno, "open");
	if (lam_depth_check(depth, err) < 0)
		return -1;
	to = open_under(f, under, name, err);
	if (to < 0)
		return -1;
	if (lam_mark_is_opaque(from, f->userxattr) &&
	    (empty_dir(to, err) < 0 || mark_opaque(f, to, err) < 0))
		return -1;
	if (fold_dir(f, from, to, depth, err) < 0)
		return -1;
	return take_attributes(f, from, st, to, err);
}

/* A file, link, node or whiteout takes the place of whatever is there. A directory that is
 * replaced by a file needs no whiteout: the file hides it. */
static int fold_entry(struct fold *f, int upper, int under, const char *name, int depth,
		      struct lam_err *err)
{
	struct stat st;

	if (fstatat(upper, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return lam_err_set(err, errno, "stat");
	if (S_ISDIR(st.st_mode))
		return fold_subdir(f, upper, under, name, &st, depth + 1, err);
	if (lam_tree_remove(under, name, err) < 0)
		return -1;
	if (linkat(upper, name, under, name, 0) == 0)
		return 0;
	if (errno != EMLINK && errno != EXDEV && errno != EPERM)
		return lam_err_set(err, errno, "link");
	return lam_clone_entry(&f->as, upper, name, &st, under, name, err);
}

static int fold_dir(struct fold *f, int upper, int under, int depth, struct lam_err *err)
{
	lam_autonames names = { 0 };

	if (lam_names_read(upper, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++)
		if (fold_entry(f, upper, under, names.list[i], depth, err) < 0) {
			if (!f->is_named)
				lam_err_wrap(err, "'%.200s'", names.list[i]);
			f->is_named = 1;
			return -1;
		}
	return 0;
}

int lam_fold(int upper, int under, int userxattr, struct lam_err *err)
{
	struct fold f = { .userxattr = userxattr, .as = { .uid = -1, .gid = -1 } };
	struct stat st;

	if (fstat(upper, &st) < 0)
		return lam_err_set(err, errno, "stat");
	return fold_dir(&f, upper, under, 0, err) < 0 ? -1
						      : take_attributes(&f, upper, &st, under, err);
}
