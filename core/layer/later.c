/* later.c - see later.h */
#define _GNU_SOURCE
#include "layer/later.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/beneath.h"
#include "layer/links.h"

struct one {
	char *path;
	struct lam_later_dir dir;
};

struct lam_later {
	struct one *list;
	size_t count, cap;
};

static int grow(struct lam_later **slot)
{
	struct lam_later *later = *slot;
	struct one *list;
	size_t cap;

	if (!later)
		later = *slot = calloc(1, sizeof(*later));
	if (!later)
		return -1;
	if (later->count < later->cap)
		return 0;
	cap = later->cap ? 2 * later->cap : 64;
	list = realloc(later->list, cap * sizeof(*list));
	if (!list)
		return -1;
	later->list = list;
	later->cap = cap;
	return 0;
}

int lam_later_add(struct lam_later **slot, const char *path, const struct lam_later_dir *what,
		  struct lam_err *err)
{
	char *copy = strdup(path);

	if (!copy || grow(slot) < 0) {
		free(copy);
		return lam_err_set(err, ENOMEM, "directories");
	}
	(*slot)->list[(*slot)->count++] = (struct one){ copy, *what };
	return 0;
}

struct finish {
	const struct lam_later *later;
	int root;
	struct lam_links *done; /* knows a directory by the entry that said of it last */
	struct lam_buf *implied;
};

/* Whether this directory was seen to already. */
static int is_done(struct finish *f, const struct stat *st, size_t index, struct lam_err *err)
{
	const char *first;
	char self[32];

	snprintf(self, sizeof(self), "%zu", index);
	first = lam_links_first(f->done, st, self, err);
	return first ? strcmp(first, self) != 0 : -1;
}

static int finish_dir(struct finish *f, const struct one *one, int fd, struct lam_err *err)
{
	const struct timespec times[2] = { one->dir.mtime, one->dir.mtime };

	if (futimens(fd, times) < 0)
		return lam_err_set(err, errno, "times of %s", one->path);
	if ((one->dir.mode & 0700) != 0700 && fchmod(fd, one->dir.mode) < 0)
		return lam_err_set(err, errno, "mode of %s", one->path);
	if (one->dir.is_implied && f->implied)
		return lam_buf_put(f->implied, one->path, strlen(one->path) + 1, err);
	return 0;
}

/* Opened anew without following a link, and only touched while it is still that directory. */
static int finish_one(struct finish *f, size_t index, struct lam_err *err)
{
	const struct one *one = &f->later->list[index];
	lam_autofd fd =
	    lam_beneath_open(f->root, one->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, err);
	struct stat st;
	int skip;

	if (fd < 0)
		return err->num == ENOENT || err->num == ENOTDIR || err->num == ELOOP ? 0 : -1;
	if (fstat(fd, &st) < 0 || st.st_ino != one->dir.inode)
		return 0; /* replaced by a later entry */
	skip = is_done(f, &st, index, err);
	if (skip)
		return skip < 0 ? -1 : 0;
	return finish_dir(f, one, fd, err);
}

/* From the last to the first: what was made in a directory comes behind it, and a directory that
 * is closed to us can't be looked into. */
int lam_later_apply(const struct lam_later *later, int root, struct lam_buf *implied,
		    struct lam_err *err)
{
	struct finish f = { .later = later, .root = root, .implied = implied };
	int result = 0;

	if (!later)
		return 0;
	f.done = lam_links_new(err);
	if (!f.done)
		return -1;
	for (size_t i = later->count; i-- > 0 && result == 0;)
		result = finish_one(&f, i, err);
	lam_links_free(f.done);
	return result;
}

void lam_later_free(struct lam_later *later)
{
	if (!later)
		return;
	for (size_t i = 0; i < later->count; i++)
		free(later->list[i].path);
	free(later->list);
	free(later);
}
