/* clamp.c - see clamp.h */
#define _GNU_SOURCE
#include "layer/clamp.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "layer/depth.h"
#include "layer/names.h"

static int set(int dir, const char *name, const struct stat *st, int64_t epoch, struct lam_err *err)
{
	const struct timespec times[2] = { { 0, UTIME_OMIT }, { .tv_sec = epoch } };

	if (st->st_mtim.tv_sec < epoch || (st->st_mtim.tv_sec == epoch && !st->st_mtim.tv_nsec))
		return 0;
	if (utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return lam_err_set(err, errno, "time of %s", name);
	return 0;
}

static int below(int dir, int64_t epoch, int depth, struct lam_err *err);

static int one(int dir, const char *name, int64_t epoch, int depth, struct lam_err *err)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return lam_err_set(err, errno, "stat %s", name);
	if (S_ISDIR(st.st_mode)) {
		lam_autofd inner =
		    openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (inner < 0)
			return lam_err_set(err, errno, "open %s", name);
		if (below(inner, epoch, depth + 1, err) < 0)
			return -1;
	}
	return set(dir, name, &st, epoch, err);
}

static int below(int dir, int64_t epoch, int depth, struct lam_err *err)
{
	lam_autonames names = { 0 };

	if (lam_depth_check(depth, err) < 0 || lam_names_read(dir, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++)
		if (one(dir, names.list[i], epoch, depth, err) < 0)
			return -1;
	return 0;
}

int lam_clamp(int dir, int64_t epoch, struct lam_err *err)
{
	struct stat st;

	if (below(dir, epoch, 0, err) < 0)
		return -1;
	if (fstat(dir, &st) < 0)
		return lam_err_set(err, errno, "stat");
	return set(dir, ".", &st, epoch, err);
}
