/* overlay_old.c - see overlay_old.h
 *
 * mount(2) needs a place to mount on, and its options are one text of at most a page. Both are met
 * in a child with a mount namespace of its own: it opens every directory, names it by its
 * descriptor (short, and nothing to escape), mounts where nobody else looks, and sends a clone of
 * that mount back. */
#define _GNU_SOURCE
#include "sys/overlay_old.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>

#include "base/auto.h"
#include "base/buf.h"
#include "sys/kernel.h"
#include "sys/sendfd.h"

enum { OPTIONS_MAX_BYTES = 4096 };

/* The descriptor stays open: the child that holds it ends soon. */
static int add_dir(struct lam_buf *options, const char *before, const char *path,
		   struct lam_err *err)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return lam_err_set(err, errno, "overlay: %s", path);
	return lam_buf_printf(options, err, "%s/proc/self/fd/%d", before, fd);
}

static int put_options(const struct lam_overlay *o, struct lam_buf *options, struct lam_err *err)
{
	for (size_t i = 0; i < o->lowers; i++)
		if (add_dir(options, i ? ":" : "lowerdir=", o->lower[i], err) < 0)
			return -1;
	if (o->upper && (add_dir(options, ",upperdir=", o->upper, err) < 0 ||
			 add_dir(options, ",workdir=", o->work, err) < 0))
		return -1;
	if (lam_buf_puts(options,
			 o->userxattr ? ",userxattr,metacopy=off,index=off"
				      : ",redirect_dir=off,metacopy=off,index=off",
			 err) < 0)
		return -1;
	if (o->upper && o->is_volatile && lam_buf_puts(options, ",volatile", err) < 0)
		return -1;
	if (options->len >= OPTIONS_MAX_BYTES)
		return lam_err_set(err, E2BIG, "overlay: %zu layers (Linux 6.7 takes %d)",
				   o->lowers, LAM_OVERLAY_LOWER_MAX);
	return 0;
}

/* Over one of its own directories: in this namespace nobody looks there. */
static int mount_here(const void *data, struct lam_err *err)
{
	const struct lam_overlay *o = data;
	lam_autobuf struct lam_buf options = LAM_BUF_INIT;
	const char *place = o->lower[0];
	int fd;

	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0)
		return lam_err_set(err, errno, "overlay: mount namespace");
	if (put_options(o, &options, err) < 0)
		return -1;
	if (mount("overlay", place, "overlay", o->upper ? 0 : MS_RDONLY, options.data) < 0)
		return lam_err_set(err, errno, "overlay: mount");
	fd = lam_open_tree(AT_FDCWD, place, OPEN_TREE_CLONE);
	return fd < 0 ? lam_err_set(err, errno, "overlay: clone the mount") : fd;
}

int lam_overlay_mount_old(const struct lam_overlay *o, struct lam_err *err)
{
	return lam_fd_from_child(mount_here, o, err);
}
