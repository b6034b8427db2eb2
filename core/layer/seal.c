/* seal.c - see seal.h */
#define _GNU_SOURCE
#include "layer/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "layer/marks.h"
#include "layer/names.h"
#include "layer/place.h"
#include "layer/xattrs.h"

enum { DEPTH = 1024 };

static int open_dir(int at, const char *name)
{
	return at < 0
		   ? -1
		   : openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}

static int is_there(int at, const char *name, struct stat *st)
{
	return at >= 0 && fstatat(at, name, st, AT_SYMLINK_NOFOLLOW) == 0;
}

static int same_xattrs(int a, int b, struct lam_err *err)
{
	lam_autoxattrs x = LAM_XATTRS_INIT;
	lam_autoxattrs y = LAM_XATTRS_INIT;

	if (lam_xattrs_read(a, &x, err) < 0 || lam_xattrs_read(b, &y, err) < 0)
		return -1;
	if (x.count != y.count)
		return 0;
	for (size_t i = 0; i < x.count; i++)
		if (strcmp(x.list[i].name, y.list[i].name) != 0 ||
		    x.list[i].size != y.list[i].size ||
		    memcmp(x.list[i].value, y.list[i].value, x.list[i].size) != 0)
			return 0;
	return 1;
}

/* Whether a directory is to the eye what it was below. */
static int is_unchanged(const struct stat *up, const struct stat *low, int upfd, int lowfd,
			struct lam_err *err)
{
	if (up->st_mode != low->st_mode || up->st_uid != low->st_uid || up->st_gid != low->st_gid ||
	    up->st_mtim.tv_sec != low->st_mtim.tv_sec ||
	    up->st_mtim.tv_nsec != low->st_mtim.tv_nsec)
		return 0;
	return same_xattrs(upfd, lowfd, err);
}

/* Whiteouts for what is below and not here: what the opaque mark hid. */
static int hide_rest(int upper, int lower, struct lam_err *err)
{
	lam_autonames names;

	if (lam_names_read(lower, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		struct stat st;

		if (!is_there(upper, names.list[i], &st) &&
		    lam_place_whiteout(upper, names.list[i], 0, err) < 0)
			return -1;
	}
	return 0;
}

static int drop_opaque(int dir, struct lam_err *err)
{
	for (int userxattr = 0; userxattr < 2; userxattr++)
		if (fremovexattr(dir, lam_mark_opaque(userxattr)) < 0 && errno != ENODATA &&
		    errno != EOPNOTSUPP && errno != EPERM)
			return lam_err_set(err, errno, "remove the opaque mark");
	return 0;
}

static long seal_below(int upper, int lower, int opaque, int depth, struct lam_err *err);

/* A directory of the upper. What was done in it changes its times: they are put back. */
static long seal_dir(int upper, int lower, const char *name, int opaque, int depth,
		     struct lam_err *err)
{
	lam_autofd up = open_dir(upper, name);
	lam_autofd low = open_dir(lower, name);
	struct stat st, below;
	struct timespec times[2];
	int hides, same;
	long removed;

	if (up < 0 || fstat(up, &st) < 0)
		return lam_err_set(err, errno, "open %s", name);
	if (depth > DEPTH)
		return lam_err_set(err, E2BIG, "%s: deeper than the limit 'depth' of %d", name,
				   DEPTH);
	hides = opaque || lam_mark_is_opaque(up);
	removed = seal_below(up, low, hides, depth, err);
	if (removed < 0 || drop_opaque(up, err) < 0)
		return -1;
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	if (futimens(up, times) < 0)
		return lam_err_set(err, errno, "times of %s", name);
	if (hides || low < 0 || fstat(low, &below) < 0)
		return removed;
	same = is_unchanged(&st, &below, up, low, err);
	if (same < 0)
		return -1;
	return same && unlinkat(upper, name, AT_REMOVEDIR) == 0 ? removed + 1 : removed;
}

static long seal_below(int upper, int lower, int opaque, int depth, struct lam_err *err)
{
	lam_autonames names;
	long removed = 0;

	if (lam_names_read(upper, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		struct stat st, below;
		long inside;

		if (!is_there(upper, names.list[i], &st))
			return lam_err_set(err, errno, "stat %s", names.list[i]);
		if (lam_mark_is_whiteout(&st) && !is_there(lower, names.list[i], &below)) {
			if (unlinkat(upper, names.list[i], 0) < 0)
				return lam_err_set(err, errno, "remove %s", names.list[i]);
			removed++;
		}
		if (!S_ISDIR(st.st_mode))
			continue;
		inside = seal_dir(upper, lower, names.list[i], opaque, depth + 1, err);
		if (inside < 0)
			return -1;
		removed += inside;
	}
	if (opaque && lower >= 0 && hide_rest(upper, lower, err) < 0)
		return -1;
	return removed;
}

long lam_seal(int upper, int lower, struct lam_err *err)
{
	return seal_below(upper, lower, 0, 0, err);
}

struct changes {
	lam_change_visit *visit;
	void *data;
	struct lam_buf path;
};

static int tell(struct changes *c, char kind, const char *name, struct lam_err *err)
{
	size_t len = c->path.len;
	int result;

	if (lam_buf_printf(&c->path, err, "/%s", name) < 0)
		return -1;
	result = c->visit(c->data, kind, c->path.data, err);
	c->path.len = len;
	c->path.data[len] = '\0';
	return result;
}

static int changes_below(struct changes *c, int upper, int lower, int opaque, int depth,
			 struct lam_err *err);

static int changes_in_dir(struct changes *c, int upper, int lower, const char *name, int opaque,
			  int depth, struct lam_err *err)
{
	lam_autofd up = open_dir(upper, name);
	lam_autofd low = open_dir(lower, name);
	size_t len = c->path.len;
	int result;

	if (up < 0)
		return lam_err_set(err, errno, "open %s", name);
	if (depth > DEPTH)
		return lam_err_set(err, E2BIG, "%s: deeper than the limit 'depth' of %d", name,
				   DEPTH);
	if (lam_buf_printf(&c->path, err, "/%s", name) < 0)
		return -1;
	result = changes_below(c, up, low, opaque || lam_mark_is_opaque(up), depth, err);
	c->path.len = len;
	c->path.data[len] = '\0';
	return result;
}

/* What an opaque directory hides and doesn't have itself is deleted. */
static int tell_hidden(struct changes *c, int upper, int lower, struct lam_err *err)
{
	lam_autonames names;

	if (lam_names_read(lower, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		struct stat st;

		if (!is_there(upper, names.list[i], &st) && tell(c, 'D', names.list[i], err) < 0)
			return -1;
	}
	return 0;
}

static int changes_below(struct changes *c, int upper, int lower, int opaque, int depth,
			 struct lam_err *err)
{
	lam_autonames names;

	if (lam_names_read(upper, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		const char *name = names.list[i];
		struct stat st, below;
		int was;

		if (!is_there(upper, name, &st))
			return lam_err_set(err, errno, "stat %s", name);
		was = is_there(lower, name, &below);
		if (lam_mark_is_whiteout(&st)) {
			if (was && tell(c, 'D', name, err) < 0)
				return -1;
			continue;
		}
		if (tell(c, was ? 'C' : 'A', name, err) < 0)
			return -1;
		if (S_ISDIR(st.st_mode) &&
		    changes_in_dir(c, upper, lower, name, opaque, depth + 1, err) < 0)
			return -1;
	}
	return opaque && lower >= 0 ? tell_hidden(c, upper, lower, err) : 0;
}

int lam_changes(int upper, int lower, lam_change_visit *visit, void *data, struct lam_err *err)
{
	struct changes c = { visit, data, LAM_BUF_INIT };
	int result = lam_buf_puts(&c.path, "", err);

	if (result == 0)
		result = changes_below(&c, upper, lower, 0, 0, err);
	lam_buf_free(&c.path);
	return result;
}
