/* fd.c - see fd.h */
#define _GNU_SOURCE
#include "base/fd.h"

#include <errno.h>
#include <unistd.h>

enum { COPY_CHUNK = 256 << 10 };

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

static int64_t copy_by_hand(int from, int to, uint64_t size, struct lam_err *err)
{
	char chunk[COPY_CHUNK];
	uint64_t rest = size;

	while (rest > 0) {
		size_t want = rest < sizeof(chunk) ? (size_t)rest : sizeof(chunk);
		ssize_t n = read(from, chunk, want);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return lam_err_set(err, errno, "read");
		if (n == 0)
			break;
		if (lam_fd_write_all(to, chunk, (size_t)n, "the copy", err) < 0)
			return -1;
		rest -= (uint64_t)n;
	}
	return (int64_t)(size - rest);
}

int64_t lam_fd_copy(int from, int to, uint64_t size, struct lam_err *err)
{
	uint64_t rest = size;

	while (rest > 0) {
		ssize_t n = copy_file_range(from, NULL, to, NULL, rest, 0);
		int64_t more;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EIO || errno == EFBIG))
			return lam_err_set(err, errno, "copy");
		if (n <= 0) {
			more = copy_by_hand(from, to, rest, err);
			return more < 0 ? -1 : (int64_t)(size - rest) + more;
		}
		rest -= (uint64_t)n;
	}
	return (int64_t)size;
}
