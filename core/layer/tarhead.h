/* tarhead.h - tar headers: ustar where it is enough, a PAX header before it where it isn't.
 *
 * A function of its arguments alone: numbers, no names of users, whole seconds. POSIX.1-2017,
 * pax, "pax Interchange Format". */
#ifndef LAM_LAYER_TARHEAD_H
#define LAM_LAYER_TARHEAD_H

#include <stdint.h>

#include "base/buf.h"

struct lam_tar_xattr {
	const char *name;
	const void *value;
	size_t size;
};

struct lam_tar_entry {
	const char *path; /* relative; a directory's ends with "/" */
	char
	    type; /* '0' file, '1' hard link, '2' symlink, '3' char, '4' block, '5' dir, '6' fifo */
	const char *link; /* target of '1' and '2' */
	unsigned mode;
	uint64_t uid, gid, size;
	int64_t mtime;
	unsigned major, minor;
	const struct lam_tar_xattr *xattrs; /* sorted by name */
	size_t nxattrs;
};

/* Whether a block of 512 bytes is a tar header, of any kind: its checksum tells. */
int lam_tar_is_head(const unsigned char block[512]);

/* Appends the header blocks. */
int lam_tar_head(const struct lam_tar_entry *entry, struct lam_buf *out, struct lam_err *err);

#endif
