/* way.c - see way.h */
#define _GNU_SOURCE
#include "layer/way.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/auto.h"
#include "base/beneath.h"
#include "layer/mode.h"

#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

int lam_way_append(struct lam_buf *path, const char *name, struct lam_err *err)
{
	if (path->len > 0 && path->data[path->len - 1] != '/' && lam_buf_puts(path, "/", err) < 0)
		return -1;
	return lam_buf_puts(path, name, err);
}

int lam_way_dir(int to, const char *name, struct lam_err *err)
{
	int fd;

	if (mkdirat(to, name, 0700) < 0 && errno != EEXIST)
		return lam_err_set(err, errno, "mkdir");
	fd = openat(to, name, DIR_FLAGS);
	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
		return lam_err_set(err, 0, "a directory can't replace the file that is there");
	return fd >= 0 ? fd : lam_err_set(err, errno, "open");
}

int lam_way_set_time(int dir, const struct stat *st, struct lam_err *err)
{
	const struct timespec times[2] = { { 0, UTIME_OMIT }, st->st_mtim };

	return futimens(dir, times) < 0 ? lam_err_set(err, errno, "times") : 0;
}

/* A directory that is made only to hold what is copied has the owner and mode that --chown and
 * an octal --chmod say (SEMANTICS 51, 53), and no time of its own, so that it is the same every
 * day. One on the way of `parents` is as its model `like`. */
static int dress(const struct lam_copy *c, int dir, int like, struct stat *st, struct lam_err *err)
{
	struct lam_clone as = c->as;

	*st = (struct stat){ .st_mode = S_IFDIR | 0755 };
	if (like >= 0 && fstat(like, st) < 0)
		return lam_err_set(err, errno, "stat");
	if (like < 0 && as.chmod && !lam_mode_is_octal(as.chmod))
		as.chmod = NULL;
	return lam_clone_dir(&as, like >= 0 ? like : dir, st, dir, err);
}

/* One step down, made where it is missing. */
static int step_down(const struct lam_copy *c, struct lam_place *at, const char *name, int like,
		     struct lam_err *err)
{
	lam_autoplace next = { .fd = openat(at->fd, name, DIR_FLAGS) };

	if (next.fd < 0 && errno != ENOENT)
		return lam_err_set(err, errno == ENOTDIR || errno == ELOOP ? 0 : errno,
				   "'%.200s' is there, and is no directory", name);
	if (next.fd >= 0) {
		if (fstat(next.fd, &next.st) < 0)
			return lam_err_set(err, errno, "stat '%.200s'", name);
	} else {
		next.fd = lam_way_dir(at->fd, name, err);
		if (next.fd < 0 || dress(c, next.fd, like, &next.st, err) < 0 ||
		    lam_way_set_time(next.fd, &next.st, err) < 0 ||
		    lam_way_set_time(at->fd, &at->st, err) < 0)
			return -1;
	}
	lam_auto_close(&at->fd);
	at->fd = lam_fd_give(&next.fd);
	at->st = next.st;
	return 0;
}

int lam_way_go(const struct lam_copy *c, struct lam_place *at, const char *path, int models,
	       struct lam_err *err)
{
	lam_autobuf struct lam_buf way = LAM_BUF_INIT;

	for (const char *part = path + strspn(path, "/"); *part;) {
		size_t len = strcspn(part, "/");
		lam_autofd like = -1;

		if (lam_way_append(&way, "", err) < 0 || lam_buf_put(&way, part, len, err) < 0)
			return -1;
		if (models >= 0) {
			like = lam_beneath_open(models, way.data, O_RDONLY | O_DIRECTORY, 0, err);
			if (like < 0)
				return -1;
		}
		if (step_down(c, at, way.data + way.len - len, like, err) < 0)
			return -1;
		part += len;
		part += strspn(part, "/");
	}
	return 0;
}

int lam_way_start(const struct lam_copy *c, struct lam_place *at, struct lam_err *err)
{
	at->fd = openat(c->to, ".", DIR_FLAGS);
	if (at->fd < 0 || fstat(at->fd, &at->st) < 0)
		return lam_err_set(err, errno, "open the destination's root");
	return 0;
}
