/* content.c - see content.h */
#define _GNU_SOURCE
#include "layer/content.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "layer/links.h"
#include "layer/memory.h"
#include "layer/xattrs.h"

enum { CHUNK = 256 << 10, PENDING = 64 << 10, TARGET_MAX = 4096 };

/* Stands first in what is hashed: another form of it must give other digests. */
static const char form[] = "lamina content 1\n";

/* A file that was left in the middle: content->sha holds what stands before `have`. */
struct part {
	int fd; /* -1 for none */
	uint32_t node;
	off_t have;
	struct stat before;
	struct timespec began;
};

struct lam_content {
	struct lam_scan *scan;
	struct lam_memory *memory; /* may be NULL */
	struct lam_buf bodies;     /* LAM_BODY bytes each */
	struct lam_sha256 *sha;    /* of one body */
	char *chunk;
	int slice;                /* of the present call; 0 for no limit */
	struct timespec deadline; /* of the present call, once it has read something */
	struct part part;
};

/* One digest that is being made. */
struct sum {
	struct lam_content *content;
	const struct lam_content_how *how;
	uint32_t top;
	uint64_t entries;
	struct lam_sha256 *sha;
	struct lam_links *links;
	struct lam_buf pending; /* small pieces on their way to sha */
};

struct lam_content *lam_content_new(struct lam_scan *scan, const char *memory, struct lam_err *err)
{
	struct lam_content *content = calloc(1, sizeof(*content));

	if (content) {
		content->scan = scan;
		content->part.fd = -1;
		content->chunk = malloc(CHUNK);
	}
	if (!content || !content->chunk) {
		lam_err_set(err, ENOMEM, "scan");
	} else {
		content->sha = lam_sha256_new(err);
		if (content->sha && memory)
			content->memory = lam_memory_open(memory, err);
		if (content->sha && (content->memory || !memory))
			return content;
	}
	lam_content_free(content);
	return NULL;
}

int lam_content_save(struct lam_content *content, struct lam_err *err)
{
	return content->memory ? lam_memory_save(content->memory, err) : 0;
}

void lam_content_free(struct lam_content *content)
{
	if (!content)
		return;
	lam_auto_close(&content->part.fd);
	lam_memory_free(content->memory);
	lam_buf_free(&content->bodies);
	lam_sha256_free(content->sha);
	free(content->chunk);
	free(content);
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
static int is_over(struct lam_content *content)
{
	struct timespec now;

	if (content->slice == 0)
		return 0;
	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	if (content->deadline.tv_sec == 0) {
		content->deadline = now;
		content->deadline.tv_nsec += content->slice * 1000000L;
		content->deadline.tv_sec += content->deadline.tv_nsec / 1000000000L;
		content->deadline.tv_nsec %= 1000000000L;
	}
	if (now.tv_sec != content->deadline.tv_sec)
		return now.tv_sec > content->deadline.tv_sec;
	return now.tv_nsec >= content->deadline.tv_nsec;
}

/* Keeps the place in a file for the next call. */
static int leave(struct lam_content *content, int fd, off_t have, struct lam_err *err)
{
	content->part.fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	content->part.have = have;
	if (content->part.fd < 0)
		return lam_err_set(err, errno, "dup");
	return lam_err_set(err, EAGAIN, "read");
}

/* A short read at the size it had is the end: `after` shows whether it still has that size. */
static int hash_file(struct lam_content *content, int fd, off_t size, off_t have,
		     struct lam_err *err)
{
	ssize_t n;

	do {
		if (is_over(content))
			return leave(content, fd, have, err);
		n = read(fd, content->chunk, CHUNK);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return lam_err_set(err, errno, "read");
		lam_sha256_update(content->sha, content->chunk, (size_t)n);
		have += n;
	} while (n < 0 || (n > 0 && (n == CHUNK || have < size)));
	return 0;
}

/* It was a regular file, but what is there now may be anything: hence the flags and the check. */
static int open_file(struct lam_content *content, int dir, const char *name, struct stat *before,
		     struct lam_err *err)
{
	const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	lam_autofd fd = openat(dir, name, flags);
	struct lam_xattr_source from;

	if (fd < 0 || fstat(fd, before) < 0)
		return lam_err_set(err, errno, "open");
	if (!S_ISREG(before->st_mode))
		return lam_err_set(err, ESTALE, "it is no longer a file");
	from = (struct lam_xattr_source){ .fd = fd, .owner = before->st_uid };
	return hash_xattrs(content->sha, &from, err) < 0 ? -1 : lam_fd_give(&fd);
}

/* From the beginning, or from where the last call has left it. */
static int read_file(struct lam_content *content, int dir, const char *name, struct stat *after,
		     struct lam_err *err)
{
	struct part *part = &content->part;
	int goes_on = part->fd >= 0;
	lam_autofd fd =
	    goes_on ? lam_fd_give(&part->fd) : open_file(content, dir, name, &part->before, err);

	if (fd < 0 ||
	    hash_file(content, fd, part->before.st_size, goes_on ? part->have : 0, err) < 0)
		return -1;
	return fstat(fd, after) < 0 ? lam_err_set(err, errno, "stat") : 0;
}

/* Links, devices, FIFOs and sockets: O_PATH opens none of them. */
static int read_special(struct lam_content *content, int dir, const char *name, struct stat *after,
			struct lam_err *err)
{
	lam_autofd fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct lam_xattr_source from = { .fd = fd, .is_path = 1 };
	char target[TARGET_MAX];
	ssize_t n;

	if (fd < 0 || fstat(fd, after) < 0)
		return lam_err_set(err, errno, "open");
	from.owner = after->st_uid;
	if (hash_xattrs(content->sha, &from, err) < 0)
		return -1;
	if (!S_ISLNK(after->st_mode))
		return 0;
	n = readlinkat(fd, "", target, sizeof(target));
	if (n < 0)
		return lam_err_set(err, errno, "readlink");
	lam_sha256_update(content->sha, target, (size_t)n);
	return 0;
}

static int read_dir(struct lam_content *content, uint32_t node, struct stat *after,
		    struct lam_err *err)
{
	struct lam_xattr_source from = { .fd = lam_scan_dir(content->scan, node, err) };

	if (from.fd < 0)
		return -1;
	if (fstat(from.fd, after) < 0)
		return lam_err_set(err, errno, "stat");
	from.owner = after->st_uid;
	return hash_xattrs(content->sha, &from, err);
}

/* Feeds content->sha with the body; `after` is the state that was read. */
static int read_body(struct lam_content *content, uint32_t node, mode_t mode, struct stat *after,
		     struct lam_err *err)
{
	const char *name;
	int dir;

	if (S_ISDIR(mode))
		return read_dir(content, node, after, err);
	dir = lam_scan_dir(content->scan, lam_scan_parent(content->scan, node), err);
	if (dir < 0)
		return -1;
	name = lam_scan_name(content->scan, node);
	if (S_ISREG(mode))
		return read_file(content, dir, name, after, err);
	if (read_special(content, dir, name, after, err) < 0)
		return -1;
	if ((after->st_mode ^ mode) & S_IFMT)
		return lam_err_set(err, ESTALE, "it became something else");
	return 0;
}

/* What was fed to content->sha must not reach the next body. */
static void drop_part(struct lam_content *content)
{
	unsigned char ignored[LAM_BODY];

	lam_auto_close(&content->part.fd);
	lam_sha256_raw(content->sha, ignored);
}

static int make_body(struct lam_content *content, uint32_t node, const struct stat *st,
		     unsigned char body[LAM_BODY], struct lam_err *err)
{
	struct part *part = &content->part;
	struct stat after;

	if (part->fd >= 0 && part->node != node)
		drop_part(content);
	if (part->fd < 0)
		clock_gettime(CLOCK_REALTIME, &part->began);
	part->node = node;
	if (read_body(content, node, st->st_mode, &after, err) < 0) {
		if (part->fd < 0)
			drop_part(content);
		return -1;
	}
	lam_sha256_raw(content->sha, body);
	if (!content->memory || !lam_memory_same(st, &after) ||
	    lam_memory_is_racy(st, &part->began))
		return 0;
	return lam_memory_add(content->memory, st, body, err);
}

/* The body of a node, from this scan, from the memory, or read. */
static int find_body(struct lam_content *content, uint32_t node, const struct stat *st,
		     unsigned char body[LAM_BODY], struct lam_err *err)
{
	struct lam_scan_note *note = lam_scan_note(content->scan, node);
	const unsigned char *known = NULL;

	if (note->body > 0) {
		memcpy(body, content->bodies.data + (size_t)(note->body - 1) * LAM_BODY, LAM_BODY);
		return 0;
	}
	if (content->memory)
		known = lam_memory_find(content->memory, st);
	if (known)
		memcpy(body, known, LAM_BODY);
	else if (is_over(content))
		return lam_err_set(err, EAGAIN, "scan");
	else if (make_body(content, node, st, body, err) < 0)
		return -1;
	if (lam_buf_put(&content->bodies, body, LAM_BODY, err) < 0)
		return -1;
	note->body = (uint32_t)(content->bodies.len / LAM_BODY) & 0x7FFFFFFF;
	return 0;
}

static void flush(struct sum *sum)
{
	if (sum->pending.len > 0)
		lam_sha256_update(sum->sha, sum->pending.data, sum->pending.len);
	sum->pending.len = 0;
}

/* The number of the entry that was this file first, 0 where this is the first. */
static int first_link(struct sum *sum, const struct stat *st, uint64_t *number, struct lam_err *err)
{
	const char *first;
	char own[24];

	*number = 0;
	if (S_ISDIR(st->st_mode) || st->st_nlink < 2)
		return 0;
	snprintf(own, sizeof(own), "%llu", (unsigned long long)sum->entries);
	first = lam_links_first(sum->links, st, own, err);
	if (!first)
		return -1;
	if (strcmp(first, own) != 0)
		*number = strtoull(first, NULL, 10);
	return 0;
}

static int put_head(struct sum *sum, uint32_t node, const struct stat *st, uint64_t link,
		    struct lam_err *err)
{
	const struct lam_content_how *how = sum->how;
	struct lam_scan *scan = sum->content->scan;
	const char *name = node == sum->top ? "" : lam_scan_name(scan, node);
	uint32_t depth = lam_scan_depth(scan, node) - lam_scan_depth(scan, sum->top);
	uint64_t head[] = {
		htole64(depth),
		htole64(strlen(name)),
		htole64(st->st_mode),
		htole64(how->uid < 0 ? st->st_uid : (uint64_t)how->uid),
		htole64(how->gid < 0 ? st->st_gid : (uint64_t)how->gid),
		htole64(st->st_rdev),
		htole64(link),
	};

	if (lam_buf_put(&sum->pending, head, sizeof(head), err) < 0)
		return -1;
	return lam_buf_puts(&sum->pending, name, err);
}

/* Depth and name in the order of a walk say as much as the path. */
static int put_entry(struct sum *sum, uint32_t node, struct lam_err *err)
{
	unsigned char body[LAM_BODY];
	struct stat st;
	uint64_t link;

	lam_scan_stat(sum->content->scan, node, &st);
	sum->entries++;
	if (first_link(sum, &st, &link, err) < 0 || put_head(sum, node, &st, link, err) < 0)
		return -1;
	if (link == 0) {
		if (find_body(sum->content, node, &st, body, err) < 0 ||
		    lam_buf_put(&sum->pending, body, LAM_BODY, err) < 0)
			return -1;
	}
	if (sum->pending.len > PENDING)
		flush(sum);
	return 0;
}

/* Everything that is below: 1 when an entry is to be gone into. */
typedef int visitor(struct sum *sum, uint32_t node, struct lam_err *err);

static int walk(struct sum *sum, visitor *visit, struct lam_err *err)
{
	struct lam_scan *scan = sum->content->scan;
	int into;

	for (uint32_t node = sum->top; node != LAM_SCAN_NONE;
	     node = lam_scan_next(scan, node, sum->top, into)) {
		into = lam_scan_is_kept(scan, node, err);
		if (into > 0)
			into = visit(sum, node, err);
		if (into > 0 && lam_scan_enter(scan, node, err) < 0)
			return -1;
		if (into < 0)
			return -1;
	}
	return 0;
}

static int is_dir(const struct sum *sum, uint32_t node)
{
	struct stat st;

	lam_scan_stat(sum->content->scan, node, &st);
	return S_ISDIR(st.st_mode);
}

/* Asks the filter; what is kept keeps the directories that it lies in. */
static int sieve(struct sum *sum, uint32_t node, struct lam_err *err)
{
	struct lam_scan *scan = sum->content->scan;
	int dir = is_dir(sum, node), verdict = LAM_SCAN_KEEP;
	const char *path;

	if (node != sum->top || !dir) {
		uint32_t top = node == sum->top ? lam_scan_parent(scan, node) : sum->top;

		path = lam_scan_path(scan, node, top, err);
		verdict = path ? sum->how->filter(sum->how->filter_arg, path, dir, err) : -1;
	}
	if (verdict < 0)
		return -1;
	lam_scan_note(scan, node)->out = verdict != LAM_SCAN_KEEP;
	for (uint32_t n = node; verdict == LAM_SCAN_KEEP && n != sum->top;) {
		n = lam_scan_parent(scan, n);
		if (!lam_scan_note(scan, n)->out)
			break;
		lam_scan_note(scan, n)->out = 0;
	}
	return verdict != LAM_SCAN_PRUNE;
}

static int take(struct sum *sum, uint32_t node, struct lam_err *err)
{
	struct lam_scan *scan = sum->content->scan;

	if (sum->how->filter && lam_scan_note(scan, node)->out)
		return 0;
	if (put_entry(sum, node, err) == 0)
		return 1;
	lam_err_wrap(err, "%.200s", *lam_scan_name(scan, node) ? lam_scan_name(scan, node) : ".");
	return -1;
}

static int make(struct sum *sum, char hex[LAM_SHA256_HEX], struct lam_err *err)
{
	if (lam_buf_put(&sum->pending, form, sizeof(form), err) < 0)
		return -1;
	if (sum->how->filter && walk(sum, sieve, err) < 0)
		return -1;
	if (walk(sum, take, err) < 0)
		return -1;
	flush(sum);
	lam_sha256_hex(sum->sha, hex);
	return 0;
}

int lam_content_digest(struct lam_content *content, const char *path,
		       const struct lam_content_how *how, char hex[LAM_SHA256_HEX],
		       struct lam_err *err)
{
	struct sum sum = { .content = content, .how = how };
	int result = lam_scan_find(content->scan, path, &sum.top, err);

	if (result == 0)
		return lam_err_set(err, ENOENT, "%s", path);
	if (result < 0)
		return -1;
	content->slice = how->slice;
	content->deadline.tv_sec = 0;
	sum.sha = lam_sha256_new(err);
	sum.links = sum.sha ? lam_links_new(err) : NULL;
	result = sum.links ? make(&sum, hex, err) : -1;
	lam_buf_free(&sum.pending);
	lam_links_free(sum.links);
	lam_sha256_free(sum.sha);
	return result;
}
