/* fd.c - see fd.h */
#include "base/fd.h"

#include <errno.h>
#include <unistd.h>

int lam_fd_write_all(int fd, const void *data, size_t len, const char *what, struct lam_err *err)
{
	const char *at = data;

	while (len > 0) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return lam_err_set(err, errno, "write %s", what);
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

ssize_t lam_fd_read_full(int fd, void *data, size_t len, const char *what, struct lam_err *err)
{
	size_t have = 0;

	while (have < len) {
		ssize_t n = read(fd, (char *)data + have, len - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return lam_err_set(err, errno, "read %s", what);
		if (n == 0)
			break;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

int lam_fd_read_all(int fd, size_t limit, struct lam_buf *out, const char *what,
		    struct lam_err *err)
{
	size_t start = out->len;

	for (;;) {
		ssize_t n;

		if (lam_buf_reserve(out, 16384, err) < 0)
			return -1;
		n = lam_fd_read_full(fd, out->data + out->len, 16384, what, err);
		if (n < 0)
			return -1;
		out->len += (size_t)n;
		out->data[out->len] = '\0';
		if (out->len - start > limit)
			return lam_err_set(err, EFBIG, "read %s: over the limit of %zu bytes", what,
					   limit);
		if (n < 16384)
			return 0;
	}
}
