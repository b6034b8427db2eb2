/* memory.c - see memory.h
 *
 * The file: a head, then entries sorted by device and inode, in this machine's byte order. It
 * never leaves the machine, and another layout has another magic. */
#define _GNU_SOURCE
#include "layer/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/fd.h"

enum { AGES = 16, FILE_MAX = 1 << 30 };

struct entry {
	uint64_t dev, ino, size;
	int64_t mtime, ctime;
	uint32_t mtime_ns, ctime_ns;
	uint32_t type;
	uint32_t age; /* how many saves ago it was asked for */
	unsigned char body[LAM_BODY];
};

struct head {
	char magic[16];
	uint64_t count;
	unsigned char check[32]; /* SHA-256 of the entries */
};

static const char magic[16] = "lamina-memory-1";

struct lam_memory {
	char *path;
	struct entry *old; /* as it was read */
	size_t count;
	struct lam_buf fresh; /* of struct entry, in the order they came */
};

static int by_inode(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	return x->ino < y->ino ? -1 : x->ino > y->ino;
}

static int check_sum(const void *entries, size_t size, unsigned char out[32], struct lam_err *err)
{
	lam_autosha struct lam_sha256 *sha = lam_sha256_new(err);

	if (!sha)
		return -1;
	lam_sha256_update(sha, entries, size);
	lam_sha256_raw(sha, out);
	return 0;
}

/* The size of the entries that follow, 0 where this isn't a file of ours. */
static size_t read_head(int fd, struct head *head)
{
	struct lam_err ignored;
	struct stat st;
	size_t size;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > FILE_MAX)
		return 0;
	if (lam_fd_read_full(fd, head, sizeof(*head), "", &ignored) != sizeof(*head))
		return 0;
	size = (size_t)st.st_size - sizeof(*head);
	if (memcmp(head->magic, magic, sizeof(magic)) != 0 || size % sizeof(struct entry) != 0)
		return 0;
	return head->count == size / sizeof(struct entry) ? size : 0;
}

static void read_file(struct lam_memory *memory)
{
	const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	lam_autofd fd = open(memory->path, flags);
	lam_autofree struct entry *entries = NULL;
	unsigned char sum[32];
	struct lam_err ignored;
	struct head head;
	size_t size;

	if (fd < 0 || (size = read_head(fd, &head)) == 0)
		return;
	entries = malloc(size);
	if (!entries || lam_fd_read_full(fd, entries, size, "", &ignored) != (ssize_t)size)
		return;
	if (check_sum(entries, size, sum, &ignored) < 0 || memcmp(sum, head.check, 32) != 0)
		return;
	memory->old = entries;
	memory->count = head.count;
	entries = NULL;
	for (size_t i = 0; i < memory->count; i++)
		memory->old[i].age++;
}

struct lam_memory *lam_memory_open(const char *path, struct lam_err *err)
{
	struct lam_memory *memory = calloc(1, sizeof(*memory));

	if (memory)
		memory->path = strdup(path);
	if (!memory || !memory->path) {
		lam_memory_free(memory);
		lam_err_set(err, ENOMEM, "memory of %s", path);
		return NULL;
	}
	read_file(memory);
	return memory;
}

static struct entry entry_of(const struct stat *st)
{
	return (struct entry){
		.dev = st->st_dev,
		.ino = st->st_ino,
		.size = (uint64_t)st->st_size,
		.mtime = st->st_mtim.tv_sec,
		.ctime = st->st_ctim.tv_sec,
		.mtime_ns = (uint32_t)st->st_mtim.tv_nsec,
		.ctime_ns = (uint32_t)st->st_ctim.tv_nsec,
		.type = st->st_mode & S_IFMT,
	};
}

static int same_entry(const struct entry *a, const struct entry *b)
{
	return by_inode(a, b) == 0 && a->size == b->size && a->type == b->type &&
	       a->mtime == b->mtime && a->mtime_ns == b->mtime_ns && a->ctime == b->ctime &&
	       a->ctime_ns == b->ctime_ns;
}

int lam_memory_same(const struct stat *a, const struct stat *b)
{
	struct entry x = entry_of(a), y = entry_of(b);

	return same_entry(&x, &y);
}

const unsigned char *lam_memory_find(struct lam_memory *memory, const struct stat *st)
{
	struct entry wanted = entry_of(st), *found = NULL;

	if (memory->count > 0)
		found = bsearch(&wanted, memory->old, memory->count, sizeof(wanted), by_inode);
	if (!found || !same_entry(&wanted, found))
		return NULL;
	found->age = 0;
	return found->body;
}

int lam_memory_add(struct lam_memory *memory, const struct stat *st,
		   const unsigned char body[LAM_BODY], struct lam_err *err)
{
	struct entry entry = entry_of(st);

	memcpy(entry.body, body, LAM_BODY);
	return lam_buf_put(&memory->fresh, &entry, sizeof(entry), err);
}

static int64_t nanoseconds_before(const struct timespec *a, const struct timespec *b)
{
	int64_t seconds = (int64_t)b->tv_sec - a->tv_sec;

	if (seconds > 1000000 || seconds < -1000000)
		return seconds > 0 ? INT64_MAX : INT64_MIN;
	return seconds * 1000000000 + (b->tv_nsec - a->tv_nsec);
}

int lam_memory_is_racy(const struct stat *st, const struct timespec *now)
{
	/* a file system without fractions has a clock of one or two seconds */
	int64_t coarse = st->st_ctim.tv_nsec == 0 ? 2000000000 : 50000000;
	int64_t mtime = nanoseconds_before(&st->st_mtim, now);

	/* a change time in the future means that the clock was set back: it may come again */
	return nanoseconds_before(&st->st_ctim, now) < coarse ||
	       (mtime < coarse && mtime > -coarse);
}

/* Old and fresh in one order; of one inode's, the fresh one; without what nobody asked for. */
static size_t merge(const struct lam_memory *memory, struct entry *out)
{
	const struct entry *old = memory->old, *fresh = (const void *)memory->fresh.data;
	const struct entry *old_end = old + memory->count;
	const struct entry *fresh_end = fresh + memory->fresh.len / sizeof(*fresh);
	struct entry *at = out;

	while (old < old_end || fresh < fresh_end) {
		int order = old == old_end ? 1 : fresh == fresh_end ? -1 : by_inode(old, fresh);

		if (order < 0) {
			if (old->age < AGES)
				*at++ = *old;
			old++;
			continue;
		}
		old += order == 0;
		if (at > out && by_inode(at - 1, fresh) == 0)
			at--;
		*at++ = *fresh++;
	}
	return (size_t)(at - out);
}

static int write_file(const struct lam_memory *memory, const struct entry *entries, size_t count,
		      struct lam_err *err)
{
	struct head head = { .count = count };
	lam_autofree char *temp = NULL;
	lam_autofd fd = -1;

	memcpy(head.magic, magic, sizeof(magic));
	if (check_sum(entries, count * sizeof(*entries), head.check, err) < 0)
		return -1;
	if (asprintf(&temp, "%s.XXXXXX", memory->path) < 0) {
		temp = NULL;
		return lam_err_set(err, ENOMEM, "write %s", memory->path);
	}
	fd = mkostemp(temp, O_CLOEXEC);
	if (fd < 0)
		return lam_err_set(err, errno, "write %s", memory->path);
	if (lam_fd_write_all(fd, &head, sizeof(head), temp, err) == 0 &&
	    lam_fd_write_all(fd, entries, count * sizeof(*entries), temp, err) == 0) {
		if (rename(temp, memory->path) == 0)
			return 0;
		lam_err_set(err, errno, "rename %s", temp);
	}
	unlink(temp);
	return -1;
}

int lam_memory_save(struct lam_memory *memory, struct lam_err *err)
{
	size_t count = memory->fresh.len / sizeof(struct entry);
	lam_autofree struct entry *entries = NULL;

	if (count == 0)
		return 0;
	entries = malloc((memory->count + count) * sizeof(*entries));
	if (!entries)
		return lam_err_set(err, ENOMEM, "write %s", memory->path);
	qsort(memory->fresh.data, count, sizeof(*entries), by_inode);
	count = merge(memory, entries);
	if (write_file(memory, entries, count, err) < 0)
		return -1;
	memory->fresh.len = 0;
	free(memory->old);
	memory->old = entries;
	memory->count = count;
	entries = NULL;
	return 0;
}

void lam_memory_free(struct lam_memory *memory)
{
	if (!memory)
		return;
	lam_buf_free(&memory->fresh);
	free(memory->old);
	free(memory->path);
	free(memory);
}
