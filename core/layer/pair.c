/* pair.c - see pair.h */
#define _GNU_SOURCE
#include "layer/pair.h"

#include <errno.h>
#include <fcntl.h>

#include "base/auto.h"
#include "layer/depth.h"
#include "layer/marks.h"
#include "layer/names.h"

struct lam_pair lam_pair_roots(int upper, int lower, int userxattr)
{
	return (struct lam_pair){ .upper = upper,
				  .lower = lower,
				  .opaque = lam_mark_is_opaque(upper, userxattr),
				  .userxattr = userxattr };
}

static int open_dir(int at, const char *name)
{
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}

/* *fd is -1 where there is no such directory. */
static int open_lower(int at, const char *name, int *fd, struct lam_err *err)
{
	*fd = at < 0 ? -1 : open_dir(at, name);
	if (at < 0 || *fd >= 0 || errno == ENOENT || errno == ENOTDIR || errno == ELOOP)
		return 0;
	return lam_err_set(err, errno, "open %s", name);
}

int lam_pair_enter(const struct lam_pair *dirs, const char *name, struct lam_pair *next,
		   struct lam_err *err)
{
	*next = *dirs;
	next->depth++;
	next->lower = -1;
	next->upper = open_dir(dirs->upper, name);
	if (next->upper < 0)
		return lam_err_set(err, errno, "open %s", name);
	if (lam_depth_check(next->depth, err) < 0)
		return lam_err_wrap(err, "%s", name);
	next->opaque = next->opaque || lam_mark_is_opaque(next->upper, next->userxattr);
	return open_lower(dirs->lower, name, &next->lower, err);
}

void lam_pair_leave(struct lam_pair *dirs)
{
	lam_auto_close(&dirs->upper);
	lam_auto_close(&dirs->lower);
}

int lam_pair_has(int dir, const char *name, struct stat *st)
{
	return dir >= 0 && fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW) == 0;
}

int lam_pair_hidden(const struct lam_pair *dirs, lam_pair_visit *visit, void *data,
		    struct lam_err *err)
{
	lam_autonames names = { 0 };

	if (!dirs->opaque || dirs->lower < 0)
		return 0;
	if (lam_names_read(dirs->lower, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		struct stat st;

		if (!lam_pair_has(dirs->upper, names.list[i], &st) &&
		    visit(data, names.list[i], err) < 0)
			return -1;
	}
	return 0;
}
