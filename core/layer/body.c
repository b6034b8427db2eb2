/* body.c - see body.h */
#define _GNU_SOURCE
#include "layer/body.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/digest.h"
#include "layer/memory.h"
#include "layer/xattrs.h"

enum { CHUNK = 256 << 10, TARGET_MAX = 4096 };

/* A file that was left in the middle: b->sha holds what stands before `have`. */
struct part {
	int fd; /* -1 for none */
	uint32_t node;
	off_t have;
	struct stat before;
	struct timespec began;
};

struct lam_bodies {
	struct lam_scan *scan;
	struct lam_memory *memory; /* may be NULL */
	struct lam_buf bodies;     /* LAM_BODY bytes each */
	struct lam_sha256 *sha;    /* of one body */
	char *chunk;
	int slice;                /* of the present call; 0 for no limit */
	struct timespec deadline; /* of the present call, once it has read something */
	struct part part;
};

struct lam_bodies *lam_bodies_new(struct lam_scan *scan, const char *memory, struct lam_err *err)
{
	struct lam_bodies *b = calloc(1, sizeof(*b));

	if (b) {
		b->scan = scan;
		b->part.fd = -1;
		b->chunk = malloc(CHUNK);
	}
	if (!b || !b->chunk) {
		lam_err_set(err, ENOMEM, "scan");
	} else {
		b->sha = lam_sha256_new(err);
		if (b->sha && memory)
			b->memory = lam_memory_open(memory, err);
		if (b->sha && (b->memory || !memory))
			return b;
	}
	lam_bodies_free(b);
	return NULL;
}

int lam_bodies_save(struct lam_bodies *b, struct lam_err *err)
{
	return b->memory ? lam_memory_save(b->memory, err) : 0;
}

void lam_bodies_free(struct lam_bodies *b)
{
	if (!b)
		return;
	lam_auto_close(&b->part.fd);
	lam_memory_free(b->memory);
	lam_buf_free(&b->bodies);
	lam_sha256_free(b->sha);
	free(b->chunk);
	free(b);
}

/* A length and the bytes, so that no two lists look alike. */
static void hash_bytes(struct lam_sha256 *sha, const void *data, size_t len)
{
	uint64_t size = htole64(len);

	lam_sha256_update(sha, &size, sizeof(size));
	if (len > 0)
		lam_sha256_update(sha, data, len);
}

/* Of the host's security modules only file capabilities mean something elsewhere. */
static int counts(const char *name)
{
	return strncmp(name, "security.", 9) != 0 || strcmp(name, "security.capability") == 0;
}

static int hash_xattrs(struct lam_sha256 *sha, const struct lam_xattr_source *from,
		       struct lam_err *err)
{
	lam_autoxattrs x = LAM_XATTRS_INIT;

	if (lam_xattrs_read(from, &x, err) < 0)
		return -1;
	for (size_t i = 0; i < x.count; i++) {
		if (!counts(x.list[i].name))
			continue;
		hash_bytes(sha, x.list[i].name, strlen(x.list[i].name));
		hash_bytes(sha, x.list[i].value, x.list[i].size);
	}
	hash_bytes(sha, "", 0);
	hash_bytes(sha, x.device, strlen(x.device));
	return 0;
}

/* The time counts from the first thing that is read, so that each call gets on. */
static int is_over(struct lam_bodies *b)
{
	struct timespec now;

	if (b->slice == 0)
		return 0;
	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	if (b->deadline.tv_sec == 0) {
		b->deadline = now;
		b->deadline.tv_nsec += b->slice * 1000000L;
		b->deadline.tv_sec += b->deadline.tv_nsec / 1000000000L;
		b->deadline.tv_nsec %= 1000000000L;
	}
	if (now.tv_sec != b->deadline.tv_sec)
		return now.tv_sec > b->deadline.tv_sec;
	return now.tv_nsec >= b->deadline.tv_nsec;
}

/* Keeps the place in a file for the next call. */
static int leave(struct lam_bodies *b, int fd, off_t have, struct lam_err *err)
{
	b->part.fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	b->part.have = have;
	if (b->part.fd < 0)
		return lam_err_set(err, errno, "dup");
	return lam_err_set(err, EAGAIN, "read");
}

/* A short read at the size it had is the end: `after` shows whether it still has that size. */
static int hash_file(struct lam_bodies *b, int fd, off_t size, off_t have, struct lam_err *err)
{
	ssize_t n;

	do {
		if (is_over(b))
			return leave(b, fd, have, err);
		n = read(fd, b->chunk, CHUNK);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return lam_err_set(err, errno, "read");
		lam_sha256_update(b->sha, b->chunk, (size_t)n);
		have += n;
	} while (n < 0 || (n > 0 && (n == CHUNK || have < size)));
	return 0;
}

/* It was a regular file, but what is there now may be anything: hence the flags and the check. */
static int open_file(struct lam_bodies *b, int dir, const char *name, struct stat *before,
		     struct lam_err *err)
{
	const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	lam_autofd fd = openat(dir, name, flags);
	struct lam_xattr_source from;

	if (fd < 0 || fstat(fd, before) < 0)
		return lam_err_set(err, errno, "open");
	if (!S_ISREG(before->st_mode))
		return lam_err_set(err, ESTALE, "it is no longer a file");
	from = (struct lam_xattr_source){ .fd = fd, .is_ours = lam_mark_is_believed(before) };
	return hash_xattrs(b->sha, &from, err) < 0 ? -1 : lam_fd_give(&fd);
}

/* From the beginning, or from where the last call has left it. */
static int read_file(struct lam_bodies *b, int dir, const char *name, struct stat *after,
		     struct lam_err *err)
{
	struct part *part = &b->part;
	int goes_on = part->fd >= 0;
	lam_autofd fd =
	    goes_on ? lam_fd_give(&part->fd) : open_file(b, dir, name, &part->before, err);

	if (fd < 0 || hash_file(b, fd, part->before.st_size, goes_on ? part->have : 0, err) < 0)
		return -1;
	return fstat(fd, after) < 0 ? lam_err_set(err, errno, "stat") : 0;
}

/* Links, devices, FIFOs and sockets: O_PATH opens none of them. */
static int read_special(struct lam_bodies *b, int dir, const char *name, struct stat *after,
			struct lam_err *err)
{
	lam_autofd fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct lam_xattr_source from = { .fd = fd, .is_path = 1 };
	char target[TARGET_MAX];
	ssize_t n;

	if (fd < 0 || fstat(fd, after) < 0)
		return lam_err_set(err, errno, "open");
	from.is_ours = lam_mark_is_believed(after);
	if (hash_xattrs(b->sha, &from, err) < 0)
		return -1;
	if (!S_ISLNK(after->st_mode))
		return 0;
	n = readlinkat(fd, "", target, sizeof(target));
	if (n < 0)
		return lam_err_set(err, errno, "readlink");
	lam_sha256_update(b->sha, target, (size_t)n);
	return 0;
}

static int read_dir(struct lam_bodies *b, uint32_t node, struct stat *after, struct lam_err *err)
{
	struct lam_xattr_source from = { .fd = lam_scan_dir(b->scan, node, err) };

	if (from.fd < 0)
		return -1;
	if (fstat(from.fd, after) < 0)
		return lam_err_set(err, errno, "stat");
	from.is_ours = lam_mark_is_believed(after);
	return hash_xattrs(b->sha, &from, err);
}

/* Feeds b->sha with the body; `after` is the state that was read. */
static int read_body(struct lam_bodies *b, uint32_t node, mode_t mode, struct stat *after,
		     struct lam_err *err)
{
	const char *name;
	int dir;

	if (S_ISDIR(mode))
		return read_dir(b, node, after, err);
	dir = lam_scan_dir(b->scan, lam_scan_parent(b->scan, node), err);
	if (dir < 0)
		return -1;
	name = lam_scan_name(b->scan, node);
	if (S_ISREG(mode))
		return read_file(b, dir, name, after, err);
	if (read_special(b, dir, name, after, err) < 0)
		return -1;
	if ((after->st_mode ^ mode) & S_IFMT)
		return lam_err_set(err, ESTALE, "it became something else");
	return 0;
}

/* What was fed to b->sha must not reach the next body. */
static void drop_part(struct lam_bodies *b)
{
	unsigned char ignored[LAM_BODY];

	lam_auto_close(&b->part.fd);
	lam_sha256_raw(b->sha, ignored);
}

static int make_body(struct lam_bodies *b, uint32_t node, const struct stat *st,
		     unsigned char body[LAM_BODY], struct lam_err *err)
{
	struct part *part = &b->part;
	struct stat after;

	if (part->fd >= 0 && part->node != node)
		drop_part(b);
	if (part->fd < 0)
		clock_gettime(CLOCK_REALTIME, &part->began);
	part->node = node;
	if (read_body(b, node, st->st_mode, &after, err) < 0) {
		if (part->fd < 0)
			drop_part(b);
		return -1;
	}
	lam_sha256_raw(b->sha, body);
	if (!b->memory || !lam_memory_same(st, &after) || lam_memory_is_racy(st, &part->began))
		return 0;
	return lam_memory_add(b->memory, st, body, err);
}

void lam_bodies_begin(struct lam_bodies *b, int slice)
{
	b->slice = slice;
	b->deadline.tv_sec = 0;
}

/* The body of a node, from this scan, from the memory, or read. */
int lam_bodies_find(struct lam_bodies *b, uint32_t node, const struct stat *st,
		    unsigned char body[LAM_BODY], struct lam_err *err)
{
	struct lam_scan_note *note = lam_scan_note(b->scan, node);
	const unsigned char *known = NULL;

	if (note->body > 0) {
		memcpy(body, b->bodies.data + (size_t)(note->body - 1) * LAM_BODY, LAM_BODY);
		return 0;
	}
	if (b->memory)
		known = lam_memory_find(b->memory, st);
	if (known)
		memcpy(body, known, LAM_BODY);
	else if (is_over(b))
		return lam_err_set(err, EAGAIN, "scan");
	else if (make_body(b, node, st, body, err) < 0)
		return -1;
	if (lam_buf_put(&b->bodies, body, LAM_BODY, err) < 0)
		return -1;
	note->body = (uint32_t)(b->bodies.len / LAM_BODY) & 0x7FFFFFFF;
	return 0;
}
