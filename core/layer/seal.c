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

/* One directory of both trees. */
struct pair {
	int upper, lower; /* lower: -1 where there is none */
	int opaque;       /* nothing of the lower one shows through */
	int userxattr;    /* the kind of overlay that has made the marks, -1: either */
	int depth;
	struct lam_sealed *out;
};

static int seal_below(const struct pair *dirs, struct lam_err *err);

/* A directory of the upper. What was done in it changes its times: they are put back. */
static int seal_dir(const struct pair *dirs, const char *name, struct lam_err *err)
{
	lam_autofd up = open_dir(dirs->upper, name);
	lam_autofd low = open_dir(dirs->lower, name);
	struct pair next = *dirs;
	struct stat st, below;
	struct timespec times[2];
	int same;

	next.upper = up;
	next.lower = low;
	next.depth++;
	if (up < 0 || fstat(up, &st) < 0)
		return lam_err_set(err, errno, "open %s", name);
	if (next.depth > DEPTH)
		return lam_err_set(err, E2BIG, "%s: deeper than the limit 'depth' of %d", name,
				   DEPTH);
	next.opaque = next.opaque || lam_mark_is_opaque(up, next.userxattr);
	if (seal_below(&next, err) < 0 || drop_opaque(up, err) < 0)
		return -1;
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	if (futimens(up, times) < 0)
		return lam_err_set(err, errno, "times of %s", name);
	if (next.opaque || low < 0 || fstat(low, &below) < 0)
		return 0;
	same = lam_same(dirs->upper, dirs->lower, name, &st, &below, err);
	if (same == 1 && unlinkat(dirs->upper, name, AT_REMOVEDIR) == 0)
		dirs->out->removed++;
	return same < 0 ? -1 : 0;
}

/* chown and chmod leave the time of what a file holds as it was. */
static void count_doubled(const struct pair *dirs, const struct stat *st, const struct stat *below)
{
	if (!S_ISREG(st->st_mode) || !S_ISREG(below->st_mode) || st->st_size != below->st_size ||
	    st->st_mtim.tv_sec != below->st_mtim.tv_sec ||
	    st->st_mtim.tv_nsec != below->st_mtim.tv_nsec)
		return;
	dirs->out->doubled++;
	dirs->out->doubled_bytes += st->st_size;
}

/* Anything else: whether it says nothing. */
static int is_idle(const struct pair *dirs, const char *name, const struct stat *st,
		   struct lam_err *err)
{
	struct stat below;
	int was = is_there(dirs->lower, name, &below), same;

	if (lam_mark_is_whiteout(st))
		return !was;
	if (!was || dirs->opaque)
		return 0;
	same = lam_same(dirs->upper, dirs->lower, name, st, &below, err);
	if (same == 0)
		count_doubled(dirs, st, &below);
	return same;
}

static int seal_entry(const struct pair *dirs, const char *name, struct lam_err *err)
{
	struct stat st;
	int idle;

	if (!is_there(dirs->upper, name, &st))
		return lam_err_set(err, errno, "stat %s", name);
	if (S_ISDIR(st.st_mode))
		return seal_dir(dirs, name, err);
	idle = is_idle(dirs, name, &st, err);
	if (idle <= 0)
		return idle;
	if (unlinkat(dirs->upper, name, 0) < 0)
		return lam_err_set(err, errno, "remove %s", name);
	dirs->out->removed++;
	return 0;
}

static int seal_below(const struct pair *dirs, struct lam_err *err)
{
	lam_autonames names;

	if (lam_names_read(dirs->upper, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++)
		if (seal_entry(dirs, names.list[i], err) < 0)
			return -1;
	if (dirs->opaque && dirs->lower >= 0)
		return hide_rest(dirs->upper, dirs->lower, err);
	return 0;
}

int lam_seal(int upper, int lower, int userxattr, struct lam_sealed *out, struct lam_err *err)
{
	const struct pair roots = { .upper = upper,
				    .lower = lower,
				    .opaque = lam_mark_is_opaque(upper, userxattr),
				    .userxattr = userxattr,
				    .out = out };

	*out = (struct lam_sealed){ .removed = 0 };
	return seal_below(&roots, err) < 0 || drop_opaque(upper, err) < 0 ? -1 : 0;
}
