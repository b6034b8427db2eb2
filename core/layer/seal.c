/* seal.c - see seal.h */
#define _GNU_SOURCE
#include "layer/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "layer/marks.h"
#include "layer/names.h"
#include "layer/pair.h"
#include "layer/place.h"
#include "layer/same.h"
#include "layer/xattrs.h"

/* A whiteout of what is below and not here, in place of the opaque mark. */
static int hide(void *upper, const char *name, struct lam_err *err)
{
	return lam_place_whiteout(*(const int *)upper, name, 0, err);
}

static int drop_opaque(int dir, struct lam_err *err)
{
	for (int userxattr = 0; userxattr < 2; userxattr++)
		if (fremovexattr(dir, lam_mark_opaque(userxattr)) < 0 && errno != ENODATA &&
		    errno != EOPNOTSUPP && errno != EPERM)
			return lam_err_set(err, errno, "remove the opaque mark");
	return 0;
}

/* What is sealed, and what came of it. */
struct sealing {
	int strips;
	struct lam_sealed *out;
};

static int open_marked(int dir, const char *name)
{
	return openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/* Whether a name of the lower directory carries an xattr of this value. */
static int has_below(const struct lam_pair *dirs, const char *name, const char *xattr,
		     const char *value, ssize_t size)
{
	char below[XATTR_SIZE_MAX];
	lam_autofd fd = -1;

	if (dirs->lower < 0 || dirs->opaque)
		return 0;
	fd = open_marked(dirs->lower, name);
	return fd >= 0 && fgetxattr(fd, xattr, below, sizeof(below)) == size &&
	       memcmp(below, value, (size_t)size) == 0;
}

/* Takes a mark off that no layer below has put there. */
static int strip(const struct lam_pair *dirs, const char *name, int fd, const char *xattr,
		 struct lam_err *err)
{
	char value[XATTR_SIZE_MAX];
	ssize_t n = fgetxattr(fd, xattr, value, sizeof(value));

	if (n >= 0 && has_below(dirs, name, xattr, value, n))
		return 0;
	if (fremovexattr(fd, xattr) < 0 && errno != ENODATA)
		return lam_err_set(err, errno, "remove %s of %s", xattr, name);
	return 0;
}

/* Marks of a file or directory (marks.h) that who wrote it has set himself: to be believed later,
 * when somebody else has made it his own. Opening it costs less than its name below /proc. */
static int strip_marks(const struct lam_pair *dirs, const char *name, const struct stat *st,
		       struct lam_err *err)
{
	lam_autobuf struct lam_buf names = LAM_BUF_INIT;
	lam_autofd fd = -1;

	if (!S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode))
		return 0; /* the kernel keeps user xattrs of nothing else */
	fd = open_marked(dirs->upper, name);
	if (fd < 0)
		return lam_err_set(err, errno, "open %s", name);
	if (lam_xattrs_names(fd, &names, err) < 0)
		return lam_err_wrap(err, "%s", name);
	for (char *at = names.data; at < names.data + names.len; at += strlen(at) + 1)
		if (lam_mark_is_own(at) && strip(dirs, name, fd, at, err) < 0)
			return -1;
	return 0;
}

static int seal_below(const struct lam_pair *dirs, const struct sealing *s, struct lam_err *err);

static int set_times(int dir, const struct stat *st)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };

	return futimens(dir, times);
}

/* A directory of the upper. What was done in it changes its times: they are put back. */
static int seal_dir(const struct lam_pair *dirs, const char *name, const struct sealing *s,
		    struct lam_err *err)
{
	lam_autopair next = LAM_PAIR_INIT;
	struct stat st, below;
	int same;

	if (lam_pair_enter(dirs, name, &next, err) < 0)
		return -1;
	if (fstat(next.upper, &st) < 0)
		return lam_err_set(err, errno, "stat %s", name);
	if (seal_below(&next, s, err) < 0 || drop_opaque(next.upper, err) < 0)
		return -1;
	if (set_times(next.upper, &st) < 0)
		return lam_err_set(err, errno, "times of %s", name);
	if (next.opaque || next.lower < 0 || fstat(next.lower, &below) < 0)
		return 0;
	same = lam_same(dirs->upper, dirs->lower, name, &st, &below, err);
	if (same == 1 && unlinkat(dirs->upper, name, AT_REMOVEDIR) == 0)
		s->out->removed++;
	return same < 0 ? -1 : 0;
}

/* chown and chmod leave the time of what a file holds as it was. */
static void count_doubled(struct lam_sealed *out, const struct stat *st, const struct stat *below)
{
	if (!S_ISREG(st->st_mode) || !S_ISREG(below->st_mode) || st->st_size != below->st_size ||
	    st->st_mtim.tv_sec != below->st_mtim.tv_sec ||
	    st->st_mtim.tv_nsec != below->st_mtim.tv_nsec)
		return;
	out->doubled++;
	out->doubled_bytes += st->st_size;
}

/* Anything else: whether it says nothing. */
static int is_idle(const struct lam_pair *dirs, const char *name, const struct stat *st,
		   struct lam_sealed *out, struct lam_err *err)
{
	struct stat below;
	int was = lam_pair_has(dirs->lower, name, &below), same;

	if (lam_mark_is_whiteout(st))
		return !was;
	if (!was || dirs->opaque)
		return 0;
	same = lam_same(dirs->upper, dirs->lower, name, st, &below, err);
	if (same == 0)
		count_doubled(out, st, &below);
	return same;
}

static int seal_entry(const struct lam_pair *dirs, const char *name, const struct sealing *s,
		      struct lam_err *err)
{
	struct stat st;
	int idle;

	if (!lam_pair_has(dirs->upper, name, &st))
		return lam_err_set(err, errno, "stat %s", name);
	if (s->strips && strip_marks(dirs, name, &st, err) < 0)
		return -1;
	if (S_ISDIR(st.st_mode))
		return seal_dir(dirs, name, s, err);
	idle = is_idle(dirs, name, &st, s->out, err);
	if (idle <= 0)
		return idle;
	if (unlinkat(dirs->upper, name, 0) < 0)
		return lam_err_set(err, errno, "remove %s", name);
	s->out->removed++;
	return 0;
}

static int seal_below(const struct lam_pair *dirs, const struct sealing *s, struct lam_err *err)
{
	lam_autonames names = { 0 };
	int upper = dirs->upper;

	if (lam_names_read(dirs->upper, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++)
		if (seal_entry(dirs, names.list[i], s, err) < 0)
			return -1;
	return lam_pair_hidden(dirs, hide, &upper, err);
}

int lam_seal(int upper, int lower, int userxattr, int strips, struct lam_sealed *out,
	     struct lam_err *err)
{
	const struct lam_pair roots = lam_pair_roots(upper, lower, userxattr);
	const struct sealing s = { strips, out };

	*out = (struct lam_sealed){ .removed = 0 };
	return seal_below(&roots, &s, err) < 0 || drop_opaque(upper, err) < 0 ? -1 : 0;
}
