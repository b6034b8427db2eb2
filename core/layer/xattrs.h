/* xattrs.h - the extended attributes of a file that belong into a tar. */
#ifndef LAM_LAYER_XATTRS_H
#define LAM_LAYER_XATTRS_H

#include "base/buf.h"
#include "layer/tarhead.h"

struct lam_xattrs {
	struct lam_buf names, values;
	struct lam_tar_xattr *list; /* sorted by name */
	size_t count;
	char device[64]; /* what it stands in for (marks.h), or "" */
};

#define LAM_XATTRS_INIT                                                                            \
	{                                                                                          \
		.count = 0                                                                         \
	}

/* Reads those of an open file; what was kept under another name gets its own back. */
int lam_xattrs_read(int fd, struct lam_xattrs *xattrs, struct lam_err *err);

void lam_xattrs_free(struct lam_xattrs *xattrs);
#define lam_autoxattrs __attribute__((cleanup(lam_xattrs_free))) struct lam_xattrs

#endif
