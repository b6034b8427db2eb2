/* changes.c - see changes.h */
#define _GNU_SOURCE
#include "layer/changes.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/buf.h"
#include "layer/marks.h"
#include "layer/names.h"
#include "layer/same.h"

enum { DEPTH = 1024 };

struct changes {
	lam_change_visit *visit;
	void *data;
	struct lam_buf path;
	int userxattr;
};

/* One directory of both trees. */
struct pair {
	int upper, lower; /* lower: -1 where there is none */
	int opaque;       /* nothing of the lower one shows through */
	int depth;
};

static int open_dir(int at, const char *name)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;

	return at < 0 ? -1 : openat(at, name, flags);
}

static int is_there(int at, const char *name, struct stat *st)
{
	return at >= 0 && fstatat(at, name, st, AT_SYMLINK_NOFOLLOW) == 0;
}

static void shorten(struct changes *c, size_t len)
{
	c->path.len = len;
	c->path.data[len] = '\0';
}

static int tell(struct changes *c, char kind, const char *name, struct lam_err *err)
{
	size_t len = c->path.len;
	int result;

	if (lam_buf_printf(&c->path, err, "/%s", name) < 0)
		return -1;
	result = c->visit(c->data, kind, c->path.data, err);
	shorten(c, len);
	return result;
}

/* What an opaque directory hides and doesn't have itself is deleted. */
static int tell_hidden(struct changes *c, const struct pair *dirs, struct lam_err *err)
{
	lam_autonames names;

	if (lam_names_read(dirs->lower, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		struct stat st;

		if (!is_there(dirs->upper, names.list[i], &st) &&
		    tell(c, 'D', names.list[i], err) < 0)
			return -1;
	}
	return 0;
}

/* Whether names came or went. */
static int names_differ(int upper, int lower, struct lam_err *err)
{
	lam_autonames names;

	if (lam_names_read(upper, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		struct stat st, below;

		if (is_there(upper, names.list[i], &st) &&
		    lam_mark_is_whiteout(&st) == is_there(lower, names.list[i], &below))
			return 1;
	}
	return 0;
}

/* Whether a name that was there before is to be told. */
static int is_changed(const struct changes *c, const struct pair *dirs, const char *name,
		      const struct stat *st, const struct stat *below, struct lam_err *err)
{
	lam_autofd up = -1;
	lam_autofd low = -1;
	int same = lam_same(dirs->upper, dirs->lower, name, st, below, err);

	if (same < 1 || !S_ISDIR(st->st_mode))
		return same < 0 ? -1 : !same;
	up = open_dir(dirs->upper, name);
	low = open_dir(dirs->lower, name);
	if (up < 0 || low < 0)
		return lam_err_set(err, errno, "open %s", name);
	return lam_mark_is_opaque(up, c->userxattr) ? 1 : names_differ(up, low, err);
}

static int below(struct changes *c, const struct pair *dirs, struct lam_err *err);

static int inside(struct changes *c, const struct pair *dirs, const char *name, struct lam_err *err)
{
	lam_autofd up = open_dir(dirs->upper, name);
	lam_autofd low = open_dir(dirs->lower, name);
	struct pair next = { up, low, dirs->opaque, dirs->depth + 1 };
	size_t len = c->path.len;
	int result;

	if (up < 0)
		return lam_err_set(err, errno, "open %s", name);
	if (next.depth > DEPTH)
		return lam_err_set(err, E2BIG, "%s: deeper than the limit 'depth' of %d", name,
				   DEPTH);
	if (lam_buf_printf(&c->path, err, "/%s", name) < 0)
		return -1;
	next.opaque = next.opaque || lam_mark_is_opaque(up, c->userxattr);
	result = below(c, &next, err);
	shorten(c, len);
	return result;
}

static int entry(struct changes *c, const struct pair *dirs, const char *name, struct lam_err *err)
{
	struct stat st, old;
	int was = is_there(dirs->lower, name, &old);
	int changed;

	if (!is_there(dirs->upper, name, &st))
		return lam_err_set(err, errno, "stat %s", name);
	if (lam_mark_is_whiteout(&st))
		return was ? tell(c, 'D', name, err) : 0;
	changed = was ? is_changed(c, dirs, name, &st, &old, err) : 1;
	if (changed < 0 || (changed && tell(c, was ? 'C' : 'A', name, err) < 0))
		return -1;
	return S_ISDIR(st.st_mode) ? inside(c, dirs, name, err) : 0;
}

static int below(struct changes *c, const struct pair *dirs, struct lam_err *err)
{
	lam_autonames names;

	if (lam_names_read(dirs->upper, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++)
		if (entry(c, dirs, names.list[i], err) < 0)
			return -1;
	return dirs->opaque && dirs->lower >= 0 ? tell_hidden(c, dirs, err) : 0;
}

int lam_changes(int upper, int lower, int userxattr, lam_change_visit *visit, void *data,
		struct lam_err *err)
{
	const struct pair roots = { upper, lower, lam_mark_is_opaque(upper, userxattr), 0 };
	struct changes c = { visit, data, LAM_BUF_INIT, userxattr };
	int result = lam_buf_puts(&c.path, "", err);

	if (result == 0)
		result = below(&c, &roots, err);
	lam_buf_free(&c.path);
	return result;
}
