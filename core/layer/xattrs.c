/* xattrs.c - see xattrs.h */
#define _GNU_SOURCE
#include "layer/xattrs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { VALUE_MAX = 64 << 10 };

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct lam_tar_xattr *)a)->name,
		      ((const struct lam_tar_xattr *)b)->name);
}

/* An O_PATH descriptor has no xattrs of its own: they are reached through /proc, which leads to
 * the very inode, even where that is a link. */
static const char *self_path(const struct lam_xattr_source *from, char path[64])
{
	snprintf(path, 64, "/proc/self/fd/%d", from->fd);
	return path;
}

static ssize_t list_names(const struct lam_xattr_source *from, char *data, size_t size)
{
	char path[64];

	return from->is_path ? listxattr(self_path(from, path), data, size)
			     : flistxattr(from->fd, data, size);
}

static ssize_t get(const struct lam_xattr_source *from, const char *name, void *data, size_t size)
{
	char path[64];

	return from->is_path ? getxattr(self_path(from, path), name, data, size)
			     : fgetxattr(from->fd, name, data, size);
}

static int read_names(const struct lam_xattr_source *from, struct lam_buf *names,
		      struct lam_err *err)
{
	ssize_t n = list_names(from, NULL, 0);

	if (n <= 0)
		return n == 0 || errno == EOPNOTSUPP ? 0 : lam_err_set(err, errno, "xattrs");
	if (lam_buf_reserve(names, (size_t)n, err) < 0)
		return -1;
	n = list_names(from, names->data, (size_t)n);
	if (n < 0)
		return lam_err_set(err, errno, "xattrs");
	names->len = (size_t)n;
	return 0;
}

static int has_name(const struct lam_xattrs *x, const char *name)
{
	for (const char *at = x->names.data; at < x->names.data + x->names.len;
	     at += strlen(at) + 1)
		if (strcmp(at, name) == 0)
			return 1;
	return 0;
}

/* The name that the tar gets: that of a kept one is behind its prefix. NULL: it stays here. */
static const char *outer_name(const struct lam_xattrs *x, const char *name, int is_ours)
{
	size_t prefix = strlen(LAM_MARK_XATTR);

	if (strncmp(name, LAM_MARK_XATTR, prefix) != 0)
		return lam_mark_xattr_travels(name) ? name : NULL;
	name += prefix;
	return is_ours && lam_mark_xattr_travels(name) && !has_name(x, name) ? name : NULL;
}

static int add(const struct lam_xattr_source *from, struct lam_xattrs *x, const char *name,
	       struct lam_err *err)
{
	const char *outer = outer_name(x, name, from->is_ours);
	ssize_t n;

	if (from->is_ours && strcmp(name, LAM_MARK_DEVICE) == 0) {
		n = get(from, name, x->device, sizeof(x->device) - 1);
		x->device[n > 0 ? n : 0] = '\0';
	}
	if (!outer)
		return 0;
	if (strchr(outer, '='))
		return lam_err_set(err, EINVAL, "xattr %s: a tar can't hold a name with '='",
				   outer);
	if (lam_buf_reserve(&x->values, VALUE_MAX, err) < 0)
		return -1;
	n = get(from, name, x->values.data + x->values.len, VALUE_MAX);
	if (n < 0)
		return errno == ENODATA ? 0 : lam_err_set(err, errno, "xattr %s", name);
	/* the buffer may move: an offset for now */
	x->list[x->count].value = (const void *)(uintptr_t)x->values.len;
	x->list[x->count].size = (size_t)n;
	x->list[x->count++].name = outer;
	x->values.len += (size_t)n;
	return 0;
}

int lam_xattrs_read(const struct lam_xattr_source *from, struct lam_xattrs *x, struct lam_err *err)
{
	size_t most = 0;

	if (read_names(from, &x->names, err) < 0)
		return -1;
	if (x->names.len == 0)
		return 0;
	for (size_t i = 0; i < x->names.len; i++)
		most += x->names.data[i] == '\0';
	x->list = calloc(most + 1, sizeof(*x->list));
	if (!x->list)
		return lam_err_set(err, ENOMEM, "xattrs");
	for (char *name = x->names.data; name < x->names.data + x->names.len;
	     name += strlen(name) + 1)
		if (add(from, x, name, err) < 0)
			return -1;
	for (size_t i = 0; i < x->count; i++)
		x->list[i].value = x->values.data + (uintptr_t)x->list[i].value;
	qsort(x->list, x->count, sizeof(*x->list), by_name);
	return 0;
}

int lam_xattrs_names(int fd, struct lam_buf *names, struct lam_err *err)
{
	return read_names(&(struct lam_xattr_source){ .fd = fd }, names, err);
}

int lam_xattrs_remove(int fd, int (*is_meant)(const char *name), struct lam_err *err)
{
	lam_autobuf struct lam_buf names = LAM_BUF_INIT;

	if (lam_xattrs_names(fd, &names, err) < 0)
		return -1;
	for (char *name = names.data; name < names.data + names.len; name += strlen(name) + 1)
		if (is_meant(name) && fremovexattr(fd, name) < 0 && errno != ENODATA &&
		    errno != EPERM)
			return lam_err_set(err, errno, "xattr %s", name);
	return 0;
}

static int belongs(const char *name)
{
	return lam_mark_xattr_travels(name) || lam_mark_is_own(name);
}

int lam_xattrs_clear(int fd, struct lam_err *err)
{
	return lam_xattrs_remove(fd, belongs, err);
}

void lam_xattrs_free(struct lam_xattrs *x)
{
	free(x->list);
	lam_buf_free(&x->names);
	lam_buf_free(&x->values);
	*x = (struct lam_xattrs)LAM_XATTRS_INIT;
}
