/* stubs.c - see stubs.h */
#define _GNU_SOURCE
#include "sys/stubs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/beneath.h"
#include "base/path.h"

static struct lam_stub *grow(struct lam_stubs *stubs, struct lam_err *err)
{
	if (stubs->count == stubs->cap) {
		size_t cap = stubs->cap ? 2 * stubs->cap : 16;
		struct lam_stub *list = realloc(stubs->list, cap * sizeof(*list));

		if (!list) {
			lam_err_set(err, ENOMEM, "mount targets");
			return NULL;
		}
		stubs->list = list;
		stubs->cap = cap;
	}
	return &stubs->list[stubs->count];
}

/* Everyone inside may go through, whatever our own umask is. Nothing runs inside yet. */
static int make(int parent, const char *name, int is_dir)
{
	int fd, result;

	if (is_dir)
		return mkdirat(parent, name, 0755) < 0 ? -1 : fchmodat(parent, name, 0755, 0);
	fd = openat(parent, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, 0644);
	if (fd < 0)
		return -1;
	result = fchmod(fd, 0644);
	close(fd);
	return result;
}

/* Makes one missing entry of an existing directory and remembers it. */
static int add_one(struct lam_stubs *stubs, int parent, const char *name, int is_dir,
		   struct lam_err *err)
{
	struct lam_stub *stub = grow(stubs, err);
	struct stat before, made;

	if (!stub)
		return -1;
	if (fstat(parent, &before) < 0)
		return lam_err_set(err, errno, "mount target %s", name);
	if (make(parent, name, is_dir) < 0)
		return errno == EEXIST ? 0 : lam_err_set(err, errno, "mount target %s", name);
	if (fstatat(parent, name, &made, AT_SYMLINK_NOFOLLOW) < 0)
		return lam_err_set(err, errno, "mount target %s", name);
	*stub = (struct lam_stub){ .parent = fcntl(parent, F_DUPFD_CLOEXEC, 3),
				   .inode = made.st_ino,
				   .is_dir = is_dir,
				   .atime = before.st_atim,
				   .mtime = before.st_mtim };
	strcpy(stub->name, name);
	stubs->count++;
	return stub->parent < 0 ? lam_err_set(err, errno, "mount target %s", name) : 0;
}

/* Every prefix of the path in turn; -1 with ENOTDIR where something else stands in the way. */
int lam_stubs_add(struct lam_stubs *stubs, int root, const char *path, int is_dir,
		  struct lam_err *err)
{
	char upto[LAM_PATH_MAX];
	char *end = upto;

	if (lam_path_clean(path, upto, sizeof(upto), err) < 0)
		return -1;
	while (*end) {
		lam_autofd parent = -1;
		char cut, last[256];
		struct stat st;
		int last_part;

		end += strspn(end, "/");
		end += strcspn(end, "/");
		cut = *end;
		last_part = cut == '\0';
		*end = '\0';
		parent = lam_beneath_parent(root, upto, 0, last, err);
		if (parent < 0)
			return -1;
		if (fstatat(parent, last, &st, AT_SYMLINK_NOFOLLOW) < 0 &&
		    add_one(stubs, parent, last, is_dir || !last_part, err) < 0)
			return -1;
		*end = cut;
	}
	return 0;
}

static int is_still_empty(const struct lam_stub *stub)
{
	struct stat st;

	if (fstatat(stub->parent, stub->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (st.st_ino != stub->inode)
		return 0;
	return stub->is_dir ? S_ISDIR(st.st_mode) : S_ISREG(st.st_mode) && st.st_size == 0;
}

static void remove_one(struct lam_stub *stub)
{
	const struct timespec times[2] = { stub->atime, stub->mtime };

	if (stub->parent < 0)
		return;
	if (is_still_empty(stub) &&
	    unlinkat(stub->parent, stub->name, stub->is_dir ? AT_REMOVEDIR : 0) == 0) {
		char self[64];

		snprintf(self, sizeof(self), "/proc/self/fd/%d",
			 stub->parent); /* O_PATH has no futimens */
		utimensat(AT_FDCWD, self, times, 0);
	}
	lam_auto_close(&stub->parent);
}

void lam_stubs_remove(struct lam_stubs *stubs)
{
	while (stubs->count > 0)
		remove_one(&stubs->list[--stubs->count]);
	free(stubs->list);
	*stubs = (struct lam_stubs){ NULL, 0, 0 };
}
