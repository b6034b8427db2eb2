/* xattrs.c - see xattrs.h */
#define _GNU_SOURCE
#include "layer/xattrs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#include "layer/marks.h"

enum { VALUE_MAX = 64 << 10 };

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct lam_tar_xattr *)a)->name,
		      ((const struct lam_tar_xattr *)b)->name);
}

static int read_names(int fd, struct lam_buf *names, struct lam_err *err)
{
	ssize_t n = flistxattr(fd, NULL, 0);

	if (n <= 0)
		return n == 0 || errno == EOPNOTSUPP ? 0 : lam_err_set(err, errno, "xattrs");
	if (lam_buf_reserve(names, (size_t)n, err) < 0)
		return -1;
	n = flistxattr(fd, names->data, (size_t)n);
	if (n < 0)
		return lam_err_set(err, errno, "xattrs");
	names->len = (size_t)n;
	return 0;
}

/* The name that the tar gets: that of a kept one is behind its prefix. NULL: it stays here. */
static const char *outer_name(const char *name)
{
	size_t prefix = strlen(LAM_MARK_XATTR);

	if (strncmp(name, LAM_MARK_XATTR, prefix) == 0)
		return lam_mark_xattr_travels(name + prefix) ? name + prefix : NULL;
	return lam_mark_xattr_travels(name) ? name : NULL;
}

static int add(int fd, struct lam_xattrs *x, const char *name, struct lam_err *err)
{
	const char *outer = outer_name(name);
	ssize_t n;

	if (strcmp(name, LAM_MARK_DEVICE) == 0) {
		n = fgetxattr(fd, name, x->device, sizeof(x->device) - 1);
		x->device[n > 0 ? n : 0] = '\0';
	}
	if (!outer)
		return 0;
	if (lam_buf_reserve(&x->values, VALUE_MAX, err) < 0)
		return -1;
	n = fgetxattr(fd, name, x->values.data + x->values.len, VALUE_MAX);
	if (n < 0)
		return errno == ENODATA ? 0 : lam_err_set(err, errno, "xattr %s", name);
	/* the buffer may move: an offset for now */
	x->list[x->count].value = (const void *)(uintptr_t)x->values.len;
	x->list[x->count].size = (size_t)n;
	x->list[x->count++].name = outer;
	x->values.len += (size_t)n;
	return 0;
}

int lam_xattrs_read(int fd, struct lam_xattrs *x, struct lam_err *err)
{
	size_t most = 0;

	if (read_names(fd, &x->names, err) < 0)
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
		if (add(fd, x, name, err) < 0)
			return -1;
	for (size_t i = 0; i < x->count; i++)
		x->list[i].value = x->values.data + (uintptr_t)x->list[i].value;
	qsort(x->list, x->count, sizeof(*x->list), by_name);
	return 0;
}

void lam_xattrs_free(struct lam_xattrs *x)
{
	free(x->list);
	lam_buf_free(&x->names);
	lam_buf_free(&x->values);
	*x = (struct lam_xattrs)LAM_XATTRS_INIT;
}
