/* changes.c - see changes.h */
#define _GNU_SOURCE
#include "layer/changes.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "layer/marks.h"
#include "layer/names.h"
#include "layer/pair.h"
#include "layer/same.h"

struct changes {
	lam_change_visit *visit;
	void *data;
	struct lam_buf path;
};

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

static int tell_hidden(void *c, const char *name, struct lam_err *err)
{
	return tell(c, 'D', name, err);
}

/* Whether names came or went. */
static int names_differ(int upper, int lower, struct lam_err *err)
{
	lam_autonames names = { 0 };

	if (lam_names_read(upper, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		struct stat st, below;

		if (lam_pair_has(upper, names.list[i], &st) &&
		    lam_mark_is_whiteout(&st) == lam_pair_has(lower, names.list[i], &below))
			return 1;
	}
	return 0;
}

/* Whether a name that was there before is to be told. */
static int is_changed(const struct lam_pair *dirs, const char *name, const struct stat *st,
		      const struct stat *below, struct lam_err *err)
{
	lam_autopair next = LAM_PAIR_INIT;
	int same = lam_same(dirs->upper, dirs->lower, name, st, below, err);

	if (same < 1 || !S_ISDIR(st->st_mode))
		return same < 0 ? -1 : !same;
	if (lam_pair_enter(dirs, name, &next, err) < 0)
		return -1;
	if (next.lower < 0 || lam_mark_is_opaque(next.upper, next.userxattr))
		return 1;
	return names_differ(next.upper, next.lower, err);
}

static int below(struct changes *c, const struct lam_pair *dirs, struct lam_err *err);

static int inside(struct changes *c, const struct lam_pair *dirs, const char *name,
		  struct lam_err *err)
{
	lam_autopair next = LAM_PAIR_INIT;
	size_t len = c->path.len;
	int result;

	if (lam_pair_enter(dirs, name, &next, err) < 0 ||
	    lam_buf_printf(&c->path, err, "/%s", name) < 0)
		return -1;
	result = below(c, &next, err);
	shorten(c, len);
	return result;
}

static int entry(struct changes *c, const struct lam_pair *dirs, const char *name,
		 struct lam_err *err)
{
	struct stat st, old;
	int was = lam_pair_has(dirs->lower, name, &old);
	int changed;

	if (!lam_pair_has(dirs->upper, name, &st))
		return lam_err_set(err, errno, "stat %s", name);
	if (lam_mark_is_whiteout(&st))
		return was ? tell(c, 'D', name, err) : 0;
	changed = was ? is_changed(dirs, name, &st, &old, err) : 1;
	if (changed < 0 || (changed && tell(c, was ? 'C' : 'A', name, err) < 0))
		return -1;
	return S_ISDIR(st.st_mode) ? inside(c, dirs, name, err) : 0;
}

static int below(struct changes *c, const struct lam_pair *dirs, struct lam_err *err)
{
	lam_autonames names = { 0 };

	if (lam_names_read(dirs->upper, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++)
		if (entry(c, dirs, names.list[i], err) < 0)
			return -1;
	return lam_pair_hidden(dirs, tell_hidden, c, err);
}

int lam_changes(int upper, int lower, int userxattr, lam_change_visit *visit, void *data,
		struct lam_err *err)
{
	const struct lam_pair roots = lam_pair_roots(upper, lower, userxattr);
	struct changes c = { visit, data, LAM_BUF_INIT };
	int result = lam_buf_puts(&c.path, "", err);

	if (result == 0)
		result = below(&c, &roots, err);
	lam_buf_free(&c.path);
	return result;
}
