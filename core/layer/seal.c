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
#include "layer/marks.h"
#include "layer/names.h"
#include "layer/place.h"
#include "layer/same.h"

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
	same = lam_same(upper, lower, name, &st, &below, err);
	if (same < 0)
		return -1;
	return same && unlinkat(upper, name, AT_REMOVEDIR) == 0 ? removed + 1 : removed;
}

/* Anything else: whether it says nothing. */
static int is_idle(int upper, int lower, const char *name, const struct stat *st, int opaque,
		   struct lam_err *err)
{
	struct stat below;
	int was = is_there(lower, name, &below);

	if (lam_mark_is_whiteout(st))
		return !was;
	return was && !opaque ? lam_same(upper, lower, name, st, &below, err) : 0;
}

static long seal_entry(int upper, int lower, const char *name, int opaque, int depth,
		       struct lam_err *err)
{
	struct stat st;
	int idle;

	if (!is_there(upper, name, &st))
		return lam_err_set(err, errno, "stat %s", name);
	if (S_ISDIR(st.st_mode))
		return seal_dir(upper, lower, name, opaque, depth + 1, err);
	idle = is_idle(upper, lower, name, &st, opaque, err);
	if (idle == 1 && unlinkat(upper, name, 0) < 0)
		return lam_err_set(err, errno, "remove %s", name);
	return idle;
}

static long seal_below(int upper, int lower, int opaque, int depth, struct lam_err *err)
{
	lam_autonames names;
	long removed = 0;

	if (lam_names_read(upper, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		long inside = seal_entry(upper, lower, names.list[i], opaque, depth, err);

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
