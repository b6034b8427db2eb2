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
	struct lam_buf closed;  /* of const struct one *: those whose modes close them to us */
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

/* Opens it anew without following a link: 1 while it is still that directory, 0 where a later entry
 * has replaced it. */
static int open_one(const struct finish *f, const struct one *one, int *fd, struct stat *st,
		    struct lam_err *err)
{
	*fd = lam_beneath_open(f->root, one->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, err);
	if (*fd < 0)
		return err->num == ENOENT || err->num == ENOTDIR || err->num == ELOOP ? 0 : -1;
	return fstat(*fd, st) == 0 && st->st_ino == one->dir.inode;
}

/* All but a mode that closes it. */
static int finish_dir(struct finish *f, const struct one *one, int fd, struct lam_err *err)
{
	const struct timespec times[2] = { one->dir.mtime, one->dir.mtime };

	if (futimens(fd, times) < 0)
		return lam_err_set(err, errno, "times of %s", one->path);
	if (one->dir.is_implied && f->implied &&
	    lam_buf_put(f->implied, one->path, strlen(one->path) + 1, err) < 0)
		return -1;
	return (one->dir.mode & 0700) != 0700 ? lam_buf_put(&f->closed, &one, sizeof(one), err) : 0;
}

static int finish_once(struct finish *f, size_t index, int fd, const struct stat *st,
		       struct lam_err *err)
{
	int done = is_done(f, st, index, err);

	if (done != 0)
		return done < 0 ? -1 : 0;
	return finish_dir(f, &f->later->list[index], fd, err);
}

/* From the last entry to the first, so that a directory's last is met before its others. */
static int finish_all(struct finish *f, struct lam_err *err)
{
	for (size_t i = f->later->count; i-- > 0;) {
		const struct one *one = &f->later->list[i];
		lam_autofd fd = -1;
		struct stat st;
		int result = open_one(f, one, &fd, &st, err);

		if (result > 0)
			result = finish_once(f, i, fd, &st, err);
		if (result < 0)
			return -1;
	}
	return 0;
}

/* The root is "." here, which would come before some names. */
static const char *path_of(const void *element)
{
	const char *path = (*(const struct one *const *)element)->path;

	return strcmp(path, ".") == 0 ? "" : path;
}

/* What is in a directory comes before it: its path is longer, and begins alike. */
static int from_below(const void *a, const void *b)
{
	return strcmp(path_of(b), path_of(a));
}

/* What is closed can't be looked into any more. */
static int close_all(struct finish *f, struct lam_err *err)
{
	const struct one **list = (void *)f->closed.data;
	size_t count = f->closed.len / sizeof(*list);

	if (count > 0)
		qsort(list, count, sizeof(*list), from_below);
	for (size_t i = 0; i < count; i++) {
		lam_autofd fd = -1;
		struct stat st;
		int result = open_one(f, list[i], &fd, &st, err);

		if (result > 0 && fchmod(fd, list[i]->dir.mode) < 0)
			result = lam_err_set(err, errno, "mode of %s", list[i]->path);
		if (result < 0)
			return -1;
	}
	return 0;
}

int lam_later_apply(const struct lam_later *later, int root, struct lam_buf *implied,
		    struct lam_err *err)
{
	struct finish f = { .later = later, .root = root, .implied = implied };
	int result = -1;

	if (!later)
		return 0;
	f.done = lam_links_new(err);
	if (f.done && finish_all(&f, err) == 0)
		result = close_all(&f, err);
	lam_links_free(f.done);
	lam_buf_free(&f.closed);
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
