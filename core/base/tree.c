/* tree.c - see tree.h
 *
 * The walk holds one open directory. It goes up through "..", and checks by inode that this is
 * where it came from, so that a directory that is moved away meanwhile ends the walk. */
#define _GNU_SOURCE
#include "base/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/path.h"

struct level {
	dev_t dev;
	ino_t ino;
	size_t name; /* where this directory's name begins in `names` */
};

struct walk {
	struct lam_buf levels; /* of struct level, the way down */
	struct lam_buf names;  /* their names, each with its NUL */
	DIR *dir;              /* the one at the end of the way */
	dev_t dev;             /* the file system we stay on */
};

static void walk_end(struct walk *w)
{
	if (w->dir)
		closedir(w->dir);
	lam_buf_free(&w->levels);
	lam_buf_free(&w->names);
}

static struct level *top(struct walk *w)
{
	return (struct level *)(void *)(w->levels.data + w->levels.len) - 1;
}

static size_t depth(const struct walk *w)
{
	return w->levels.len / sizeof(struct level);
}

/* Through a descriptor, since fchmodat would follow a link that has taken the name. */
static int open_up(int at, const char *name)
{
	lam_autofd fd = openat(at, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	char self[64];

	if (fd < 0)
		return -1;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	return chmod(self, 0700);
}

/* A directory we may not read or search is ours to change when we may remove it. */
static int open_dir(int at, const char *name)
{
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	int fd = openat(at, name, flags);

	if (fd < 0 && errno == EACCES && open_up(at, name) == 0)
		fd = openat(at, name, flags);
	return fd;
}

/* Goes down into `name`. */
static int descend(struct walk *w, int at, const char *name, struct lam_err *err)
{
	lam_autofd fd = open_dir(at, name);
	struct level level = { .name = w->names.len };
	struct stat st;
	DIR *dir;

	if (fd < 0 || fstat(fd, &st) < 0)
		return lam_err_set(err, errno, "open %s", name);
	if (depth(w) == 0)
		w->dev = st.st_dev;
	if (st.st_dev != w->dev)
		return lam_err_set(err, EXDEV, "%s is a mount point", name);
	level.dev = st.st_dev;
	level.ino = st.st_ino;
	if (lam_buf_put(&w->levels, &level, sizeof(level), err) < 0 ||
	    lam_buf_put(&w->names, name, strlen(name) + 1, err) < 0)
		return -1;
	dir = fdopendir(fd);
	if (!dir)
		return lam_err_set(err, errno, "open %s", name);
	lam_fd_give(&fd);
	if (w->dir)
		closedir(w->dir);
	w->dir = dir;
	return 0;
}

/* Goes up to the directory before; its listing starts again. */
static int ascend(struct walk *w, struct lam_err *err)
{
	lam_autofd fd = openat(dirfd(w->dir), "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	w->names.len = top(w)->name;
	w->levels.len -= sizeof(struct level);
	if (fd < 0 || fstat(fd, &st) < 0)
		return lam_err_set(err, errno, "open ..");
	if (st.st_ino != top(w)->ino || st.st_dev != top(w)->dev)
		return lam_err_set(err, EBUSY, "the tree was moved meanwhile");
	closedir(w->dir);
	w->dir = fdopendir(fd);
	if (!w->dir)
		return lam_err_set(err, errno, "open ..");
	lam_fd_give(&fd);
	return 0;
}

static int is_dot(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static void clear_immutable(int at, const char *name)
{
	lam_autofd fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int flags;

	if (fd >= 0 && ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0) {
		flags &= ~(FS_IMMUTABLE_FL | FS_APPEND_FL);
		ioctl(fd, FS_IOC_SETFLAGS, &flags);
	}
}

static int unlink_it(int at, const char *name, int flags)
{
	return unlinkat(at, name, flags) == 0 || errno == ENOENT ? 0 : -1;
}

/* The same in a directory of the tree itself, after opening up what stands in its way. */
static int unlink_hard(int at, const char *name, int flags)
{
	if (unlink_it(at, name, flags) == 0)
		return 0;
	if (errno == EACCES)
		fchmod(at, 0700);
	else if (errno == EPERM) {
		clear_immutable(at, ".");
		clear_immutable(at, name);
	} else
		return -1;
	return unlink_it(at, name, flags);
}

/* The tree's top: the directory that holds it isn't ours to change. */
static int unlink_top(int at, const char *name, int flags)
{
	if (unlink_it(at, name, flags) == 0)
		return 0;
	if (errno != EPERM)
		return -1;
	clear_immutable(at, name);
	return unlink_it(at, name, flags);
}

/* Removes entries until one is a directory that isn't empty: 1 with its name, 0 at the end. */
static int remove_entries(struct walk *w, char name[256], struct lam_err *err)
{
	struct dirent *entry;

	while ((errno = 0, entry = readdir(w->dir))) {
		int at = dirfd(w->dir);

		if (is_dot(entry->d_name))
			continue;
		if (entry->d_type != DT_DIR && unlink_hard(at, entry->d_name, 0) == 0)
			continue;
		if (entry->d_type != DT_DIR && errno != EISDIR)
			return lam_err_set(err, errno, "remove %s", entry->d_name);
		if (unlink_hard(at, entry->d_name, AT_REMOVEDIR) == 0)
			continue;
		if (errno != ENOTEMPTY && errno != EEXIST)
			return lam_err_set(err, errno, "remove %s", entry->d_name);
		if (strlen(entry->d_name) > LAM_NAME_MAX) /* as VFAT may have */
			return lam_err_set(err, ENAMETOOLONG, "remove %.200s…", entry->d_name);
		strcpy(name, entry->d_name);
		return 1;
	}
	return errno ? lam_err_set(err, errno, "read a directory") : 0;
}

static int remove_below(struct walk *w, int dir, const char *name, struct lam_err *err)
{
	char next[256];
	int found;

	if (descend(w, dir, name, err) < 0)
		return -1;
	for (;;) {
		while ((found = remove_entries(w, next, err)) > 0)
			if (descend(w, dirfd(w->dir), next, err) < 0)
				return -1;
		if (found < 0)
			return -1;
		if (depth(w) == 1)
			return 0;
		strcpy(next, w->names.data + top(w)->name);
		if (ascend(w, err) < 0)
			return -1;
		if (unlink_hard(dirfd(w->dir), next, AT_REMOVEDIR) < 0)
			return lam_err_set(err, errno, "remove %s", next);
	}
}

int lam_tree_remove(int dir, const char *name, struct lam_err *err)
{
	struct walk w = { .dir = NULL };
	struct stat st;
	int result;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : lam_err_set(err, errno, "remove %s", name);
	if (!S_ISDIR(st.st_mode)) {
		if (unlink_top(dir, name, 0) < 0)
			return lam_err_set(err, errno, "remove %s", name);
		return 0;
	}
	result = remove_below(&w, dir, name, err);
	walk_end(&w);
	if (result < 0)
		return lam_err_wrap(err, "remove %s", name);
	if (unlink_top(dir, name, AT_REMOVEDIR) < 0)
		return lam_err_set(err, errno, "remove %s", name);
	return 0;
}
