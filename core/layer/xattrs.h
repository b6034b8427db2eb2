/* xattrs.h - the extended attributes of a file that belong into a tar. */
#ifndef LAM_LAYER_XATTRS_H
#define LAM_LAYER_XATTRS_H

#include <sys/types.h>

#include "base/buf.h"
#include "layer/marks.h"
#include "layer/tarhead.h"

struct lam_xattrs {
	struct lam_buf names, values;
	struct lam_tar_xattr *list; /* sorted by name */
	size_t count;
	char device[LAM_MARK_DEVICE_MAX]; /* what it stands in for (marks.h), or "" */
};

struct lam_xattr_source {
	int fd;
	int is_path; /* it is O_PATH */
	int is_ours; /* its marks are believed (lam_mark_is_believed) */
};

#define LAM_XATTRS_INIT                                                                            \
	{                                                                                          \
		.count = 0                                                                         \
	}

/* Reads those of an open file; what was kept under another name gets its own back. */
int lam_xattrs_read(const struct lam_xattr_source *from, struct lam_xattrs *xattrs,
		    struct lam_err *err);

/* The names of all that an open file has, each with its NUL; `names` is empty before. */
int lam_xattrs_names(int fd, struct lam_buf *names, struct lam_err *err);

/* Takes off an open file those that `is_meant` says; what this user may not take off stays. */
int lam_xattrs_remove(int fd, int (*is_meant)(const char *name), struct lam_err *err);

/* Takes off those that belong into a tar, kept ones too: before a file gets others. */
int lam_xattrs_clear(int fd, struct lam_err *err);

void lam_xattrs_free(struct lam_xattrs *xattrs);
#define lam_autoxattrs __attribute__((cleanup(lam_xattrs_free))) struct lam_xattrs

#endif
