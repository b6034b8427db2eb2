/* overlay.c - see overlay.h */
#define _GNU_SOURCE
#include "sys/overlay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "sys/kernel.h"
#include "sys/overlay_old.h"

enum { VALUE_MAX_BYTES = 256 }; /* of fsconfig(2), with the zero byte */

/* What the file system context has to say is better than errno: "overlay: lowerdir=…". */
static int explain(int fs, int num, const char *step, struct lam_err *err)
{
	char text[256];
	ssize_t n = read(fs, text, sizeof(text) - 1);

	if (n > 2 && text[1] == ' ') {
		text[n] = '\0';
		text[strcspn(text, "\n")] = '\0';
		return lam_err_set(err, num, "overlay: %s (%s)", step, text + 2);
	}
	return lam_err_set(err, num, "overlay: %s", step);
}

static int set(int fs, const char *key, const char *value, struct lam_err *err)
{
	if (lam_fsconfig(fs, FSCONFIG_SET_STRING, key, value) < 0)
		return explain(fs, errno, key, err);
	return 0;
}

/* A value has at most 255 bytes, and in some of them a backslash quotes. Such a path goes by way of
 * a descriptor, which isn't needed any more once the kernel has looked it up. */
static int set_path(int fs, const char *key, const char *path, struct lam_err *err)
{
	lam_autofd dir = -1;
	char self[64];

	if (strlen(path) < VALUE_MAX_BYTES && !strchr(path, '\\'))
		return set(fs, key, path, err);
	dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return lam_err_set(err, errno, "overlay: %s", path);
	snprintf(self, sizeof(self), "/proc/self/fd/%d", dir);
	return set(fs, key, self, err);
}

/* lowerdir+ (Linux 6.7) takes one path a call, so that no character has to be escaped. */
static int append_lowers(int fs, const struct lam_overlay *o, struct lam_err *err)
{
	for (size_t i = 0; i < o->lowers; i++)
		if (set_path(fs, "lowerdir+", o->lower[i], err) < 0)
			return -1;
	return 0;
}

/* Features that would put more than plain changes into an upper; unknown ones are off anyway.
 * With userxattr the first is off by itself, and naming it is refused. */
static void keep_plain(int fs, int userxattr)
{
	static const char *const off[] = { "redirect_dir", "metacopy", "index" };

	for (size_t i = userxattr ? 1 : 0; i < sizeof(off) / sizeof(*off); i++)
		lam_fsconfig(fs, FSCONFIG_SET_STRING, off[i], "off");
}

static int configure(int fs, const struct lam_overlay *o, struct lam_err *err)
{
	if (append_lowers(fs, o, err) < 0)
		return -1;
	if (o->upper && (set_path(fs, "upperdir", o->upper, err) < 0 ||
			 set_path(fs, "workdir", o->work, err) < 0))
		return -1;
	lam_fsconfig(fs, FSCONFIG_SET_STRING, "source", "overlay");
	keep_plain(fs, o->userxattr);
	if (o->userxattr && lam_fsconfig(fs, FSCONFIG_SET_FLAG, "userxattr", NULL) < 0)
		return explain(fs, errno, "userxattr", err);
	if (o->upper && o->is_volatile)
		lam_fsconfig(fs, FSCONFIG_SET_FLAG, "volatile",
			     NULL); /* slower without, not wrong */
	if (lam_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL) < 0)
		return explain(fs, errno, "mount", err);
	return 0;
}

/* An overlay needs two directories; one alone is shown as it is, read-only. */
static int mount_single(const char *dir, struct lam_err *err)
{
	lam_autofd tree = lam_open_tree(AT_FDCWD, dir, OPEN_TREE_CLONE);

	if (tree < 0)
		return lam_err_set(err, errno, "clone the mount of %s", dir);
	if (lam_mount_setattr(tree, 0, MOUNT_ATTR_RDONLY) < 0)
		return lam_err_set(err, errno, "make %s read-only", dir);
	return lam_fd_give(&tree);
}

static int mount_new(const struct lam_overlay *o, struct lam_err *err)
{
	lam_autofd fs = lam_fsopen("overlay");
	int fd;

	if (fs < 0 && errno == ENODEV)
		return lam_err_set(err, ENODEV, "this kernel has no overlay file system");
	if (fs < 0)
		return lam_err_set(err, errno, "overlay: fsopen");
	if (configure(fs, o, err) < 0)
		return -1;
	fd = lam_fsmount(fs, o->upper ? 0 : MOUNT_ATTR_RDONLY);
	return fd >= 0 ? fd : explain(fs, errno, "fsmount", err);
}

/* Before Linux 6.7 an unknown option is found only when the mount is made. What the new way had to
 * say is kept where the old one fails too: it knows the reason. */
static int mount_either(const struct lam_overlay *o, struct lam_err *err)
{
	struct lam_err old;
	int fd = mount_new(o, err);

	if (fd >= 0 || (err->num != EINVAL && err->num != ENOSYS))
		return fd;
	fd = lam_overlay_mount_old(o, &old);
	if (fd < 0 && !strchr(err->text, '('))
		*err = old;
	return fd;
}

int lam_overlay_mount(const struct lam_overlay *o, struct lam_err *err)
{
	if (o->lowers > LAM_OVERLAY_LOWER_MAX)
		return lam_err_set(err, 0, "overlay: %zu layers, the kernel takes %d", o->lowers,
				   LAM_OVERLAY_LOWER_MAX);
	if (o->lowers == 0)
		return lam_err_set(err, EINVAL, "overlay: no lower directory");
	return o->lowers == 1 && !o->upper ? mount_single(o->lower[0], err) : mount_either(o, err);
}
