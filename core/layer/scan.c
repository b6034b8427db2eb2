/* scan.c - see scan.h
 *
 * The entries of one directory are a block in the array of nodes. A walk therefore needs no
 * stack: the next one is the first entry, or the neighbour, or the parent's neighbour. */
#define _GNU_SOURCE
#include "layer/scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/path.h"

enum { NODES_MAX = 1 << 24, RING = 16, LISTING = 64 << 10 };

/* SKIPPED: left out as long as nothing in it is kept; SETTLED: all below it is known. */
enum { LOADED = 1, SKIPPED = 2, SETTLED = 4 };

struct node {
	uint64_t ino, size; /* size: the device number of a device */
	int64_t mtime, ctime;
	uint32_t mtime_ns, ctime_ns;
	uint32_t mode, uid, gid, nlink;
	uint32_t dev;          /* major in 12 bits, minor in 20, as in the kernel */
	uint32_t name;         /* where it begins in `names` */
	uint32_t parent;       /* the root's is itself */
	uint32_t first, count; /* the block of a directory's entries */
	struct lam_scan_note note;
	uint16_t depth, flags;
};

/* Directories that are open: those of the last RING levels of the way down. */
struct open_dir {
	uint32_t node;
	int fd; /* -1: none */
};

struct lam_scan {
	int root;
	struct lam_buf nodes; /* of struct node */
	struct lam_buf names; /* with their NULs */
	struct lam_buf path;  /* the last that was asked for */
	struct lam_buf way; /* of uint32_t: what lies between an open directory and a wanted one */
	struct open_dir ring[RING];
	char *listing; /* for getdents64 */
	lam_scan_filter *filter;
	void *filter_arg;
};

static struct node *at(const struct lam_scan *scan, uint32_t node)
{
	return (struct node *)(void *)scan->nodes.data + node;
}

static uint32_t count_of(const struct lam_scan *scan)
{
	return (uint32_t)(scan->nodes.len / sizeof(struct node));
}

const char *lam_scan_name(const struct lam_scan *scan, uint32_t node)
{
	return scan->names.data + at(scan, node)->name;
}

uint32_t lam_scan_parent(const struct lam_scan *scan, uint32_t node)
{
	return at(scan, node)->parent;
}

uint32_t lam_scan_depth(const struct lam_scan *scan, uint32_t node)
{
	return at(scan, node)->depth;
}

struct lam_scan_note *lam_scan_note(struct lam_scan *scan, uint32_t node)
{
	return &at(scan, node)->note;
}

static int is_device(mode_t mode)
{
	return S_ISCHR(mode) || S_ISBLK(mode);
}

void lam_scan_stat(const struct lam_scan *scan, uint32_t node, struct stat *st)
{
	const struct node *n = at(scan, node);

	memset(st, 0, sizeof(*st));
	st->st_dev = makedev(n->dev >> 20, n->dev & 0xFFFFF);
	st->st_ino = n->ino;
	st->st_mode = n->mode;
	st->st_nlink = n->nlink;
	st->st_uid = n->uid;
	st->st_gid = n->gid;
	if (is_device(n->mode))
		st->st_rdev = n->size;
	else
		st->st_size = (off_t)n->size;
	st->st_mtim = (struct timespec){ n->mtime, n->mtime_ns };
	st->st_ctim = (struct timespec){ n->ctime, n->ctime_ns };
}

static struct node node_of(const struct stat *st)
{
	return (struct node){
		.ino = st->st_ino,
		.size = is_device(st->st_mode) ? st->st_rdev : (uint64_t)st->st_size,
		.mtime = st->st_mtim.tv_sec,
		.ctime = st->st_ctim.tv_sec,
		.mtime_ns = (uint32_t)st->st_mtim.tv_nsec,
		.ctime_ns = (uint32_t)st->st_ctim.tv_nsec,
		.mode = st->st_mode,
		.uid = st->st_uid,
		.gid = st->st_gid,
		.nlink = (uint32_t)st->st_nlink,
		.dev = major(st->st_dev) << 20 | minor(st->st_dev),
	};
}

static int add_node(struct lam_scan *scan, struct node *node, const char *name, struct lam_err *err)
{
	size_t size = strlen(name) + 1;

	if (count_of(scan) >= NODES_MAX || scan->names.len + size > UINT32_MAX)
		return lam_err_set(err, EOVERFLOW, "scan: more than %d files", NODES_MAX);
	node->name = (uint32_t)scan->names.len;
	if (lam_buf_put(&scan->names, name, size, err) < 0)
		return -1;
	return lam_buf_put(&scan->nodes, node, sizeof(*node), err);
}

struct lam_scan *lam_scan_new(int root, struct lam_err *err)
{
	struct lam_scan *scan = calloc(1, sizeof(*scan));
	struct node node;
	struct stat st;

	if (!scan) {
		lam_err_set(err, ENOMEM, "scan");
		return NULL;
	}
	for (int i = 0; i < RING; i++)
		scan->ring[i].fd = -1;
	scan->root = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	scan->listing = malloc(LISTING);
	if (scan->root < 0 || !scan->listing || fstat(scan->root, &st) < 0) {
		lam_err_set(err, errno, "scan");
		lam_scan_free(scan);
		return NULL;
	}
	node = node_of(&st);
	if (add_node(scan, &node, "", err) < 0) {
		lam_scan_free(scan);
		return NULL;
	}
	return scan;
}

void lam_scan_set_filter(struct lam_scan *scan, lam_scan_filter *filter, void *arg)
{
	scan->filter = filter;
	scan->filter_arg = arg;
}

void lam_scan_rest(struct lam_scan *scan)
{
	for (int i = 0; i < RING; i++)
		lam_auto_close(&scan->ring[i].fd);
}

void lam_scan_free(struct lam_scan *scan)
{
	if (!scan)
		return;
	lam_scan_rest(scan);
	lam_auto_close(&scan->root);
	lam_buf_free(&scan->nodes);
	lam_buf_free(&scan->names);
	lam_buf_free(&scan->path);
	lam_buf_free(&scan->way);
	free(scan->listing);
	free(scan);
}

const char *lam_scan_path(struct lam_scan *scan, uint32_t node, uint32_t top, struct lam_err *err)
{
	size_t len = 0;
	char *end;

	for (uint32_t n = node; n != top; n = at(scan, n)->parent)
		len += strlen(lam_scan_name(scan, n)) + 1;
	scan->path.len = 0;
	if (lam_buf_reserve(&scan->path, len + LAM_NAME_MAX + 2, err) < 0)
		return NULL;
	scan->path.len = len > 0 ? len - 1 : 0;
	end = scan->path.data + scan->path.len;
	*end = '\0';
	for (uint32_t n = node; n != top; n = at(scan, n)->parent) {
		size_t part = strlen(lam_scan_name(scan, n));

		end -= part;
		memcpy(end, lam_scan_name(scan, n), part);
		if (end > scan->path.data)
			*--end = '/';
	}
	return scan->path.data;
}

static int fail_at(struct lam_scan *scan, uint32_t node, int num, const char *what,
		   struct lam_err *err)
{
	const char *path = lam_scan_path(scan, node, LAM_SCAN_ROOT, err);

	return path ? lam_err_set(err, num, "%s %s", what, *path ? path : ".") : -1;
}

static struct open_dir *slot_of(struct lam_scan *scan, uint32_t node)
{
	return &scan->ring[at(scan, node)->depth % RING];
}

/* Opens a directory from one in it that is open still: on the way up from the deep, this spares
 * the way down from the root. What was moved meanwhile has another parent, which isn't taken. */
static int open_from_below(struct lam_scan *scan, uint32_t node)
{
	struct open_dir *below = &scan->ring[(at(scan, node)->depth + 1) % RING];
	struct open_dir *slot = slot_of(scan, node);
	lam_autofd fd = -1;
	struct stat st, known;

	if (below->fd < 0 || at(scan, below->node)->parent != node)
		return 0;
	fd = openat(below->fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	lam_scan_stat(scan, node, &known);
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_ino != known.st_ino || st.st_dev != known.st_dev)
		return 0;
	lam_auto_close(&slot->fd);
	*slot = (struct open_dir){ node, lam_fd_give(&fd) };
	return 1;
}

/* The nearest directory above that is open; `way` gets what lies below it, the deepest first. */
static int nearest(struct lam_scan *scan, uint32_t node, int *fd, struct lam_err *err)
{
	scan->way.len = 0;
	for (; node != LAM_SCAN_ROOT; node = at(scan, node)->parent) {
		struct open_dir *slot = slot_of(scan, node);

		if ((slot->fd >= 0 && slot->node == node) || open_from_below(scan, node)) {
			*fd = slot->fd;
			return 0;
		}
		if (lam_buf_put(&scan->way, &node, sizeof(node), err) < 0)
			return -1;
	}
	*fd = scan->root;
	return 0;
}

int lam_scan_dir(struct lam_scan *scan, uint32_t node, struct lam_err *err)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	int fd;

	if (nearest(scan, node, &fd, err) < 0)
		return -1;
	for (size_t i = scan->way.len / sizeof(node); i-- > 0;) {
		uint32_t next = ((const uint32_t *)(const void *)scan->way.data)[i];
		struct open_dir *slot = slot_of(scan, next);

		fd = openat(fd, lam_scan_name(scan, next), flags);
		if (fd < 0)
			return fail_at(scan, next, errno, "open", err);
		lam_auto_close(&slot->fd);
		*slot = (struct open_dir){ next, fd };
	}
	return fd;
}

/* Something below is kept, so that directories that were skipped are kept as parents. */
static void keep_parents(struct lam_scan *scan, uint32_t node)
{
	while (at(scan, node)->flags & SKIPPED) {
		at(scan, node)->flags &= (uint16_t)~SKIPPED;
		node = at(scan, node)->parent;
	}
}

/* The filter's word on the name that stands at the end of scan->path. */
static int verdict_on(struct lam_scan *scan, int is_dir, struct lam_err *err)
{
	if (!scan->filter)
		return LAM_SCAN_KEEP;
	return scan->filter(scan->filter_arg, scan->path.data, is_dir, err);
}

/* Adds one name that was found in the directory `dir`, unless it is left out or gone again. */
static int add_entry(struct lam_scan *scan, uint32_t parent, int dir, const struct dirent64 *entry,
		     struct lam_err *err)
{
	const int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
	int is_dir = entry->d_type == DT_DIR, has_stat = entry->d_type == DT_UNKNOWN, verdict;
	struct node node;
	struct stat st;

	if (has_stat && fstatat(dir, entry->d_name, &st, flags) < 0)
		return errno == ENOENT ? 0 : lam_err_set(err, errno, "stat %s", scan->path.data);
	if (has_stat)
		is_dir = S_ISDIR(st.st_mode);
	verdict = verdict_on(scan, is_dir, err);
	if (verdict < 0)
		return -1;
	if (verdict == LAM_SCAN_PRUNE || (verdict == LAM_SCAN_SKIP && !is_dir))
		return 0;
	if (!has_stat && fstatat(dir, entry->d_name, &st, flags) < 0)
		return errno == ENOENT ? 0 : lam_err_set(err, errno, "stat %s", scan->path.data);
	node = node_of(&st);
	node.parent = parent;
	node.depth = (uint16_t)(at(scan, parent)->depth + 1);
	if (verdict == LAM_SCAN_SKIP)
		node.flags = SKIPPED;
	else
		keep_parents(scan, parent);
	return add_node(scan, &node, entry->d_name, err);
}

static int is_dot(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Adds a name to the directory whose path stands in scan->path with its "/", `base` bytes. VFAT,
 * CIFS and FUSE count characters, so that their names may be longer than any other's. */
static int take_listed(struct lam_scan *scan, uint32_t node, int dir, size_t base,
		       const struct dirent64 *entry, struct lam_err *err)
{
	size_t len = strlen(entry->d_name);

	if (is_dot(entry->d_name))
		return 0;
	if (len > LAM_NAME_MAX)
		return lam_err_set(err, ENAMETOOLONG, "scan %.200s…", entry->d_name);
	memcpy(scan->path.data + base, entry->d_name, len + 1);
	return add_entry(scan, node, dir, entry, err);
}

static int read_listing(struct lam_scan *scan, uint32_t node, int dir, struct lam_err *err)
{
	const char *path = lam_scan_path(scan, node, LAM_SCAN_ROOT, err);
	size_t base = scan->path.len;
	ssize_t n;

	if (!path)
		return -1;
	if (base > LAM_SCAN_PATH_MAX - LAM_NAME_MAX - 2)
		return lam_err_set(err, ENAMETOOLONG, "scan %.200s…", path);
	if (base > 0)
		scan->path.data[base++] = '/';
	while ((n = getdents64(dir, scan->listing, LISTING)) > 0) {
		for (ssize_t off = 0; off < n;) {
			const struct dirent64 *entry = (void *)(scan->listing + off);

			off += entry->d_reclen;
			if (take_listed(scan, node, dir, base, entry, err) < 0)
				return -1;
		}
	}
	return n < 0 ? fail_at(scan, node, errno, "read directory", err) : 0;
}

static int by_name(const void *a, const void *b, void *names)
{
	return strcmp((const char *)names + ((const struct node *)a)->name,
		      (const char *)names + ((const struct node *)b)->name);
}

int lam_scan_enter(struct lam_scan *scan, uint32_t node, struct lam_err *err)
{
	size_t names = scan->names.len;
	uint32_t first = count_of(scan), count;
	int dir;

	if (!S_ISDIR(at(scan, node)->mode) || (at(scan, node)->flags & LOADED))
		return 0;
	dir = lam_scan_dir(scan, node, err);
	if (dir < 0)
		return -1;
	if (read_listing(scan, node, dir, err) < 0) {
		lseek(dir, 0, SEEK_SET); /* as if it had never been tried */
		scan->nodes.len = first * sizeof(struct node);
		scan->names.len = names;
		return -1;
	}
	count = count_of(scan) - first;
	if (count > 1)
		qsort_r(at(scan, first), count, sizeof(struct node), by_name, scan->names.data);
	at(scan, node)->first = first;
	at(scan, node)->count = count;
	at(scan, node)->flags |= LOADED;
	return 0;
}

uint32_t lam_scan_next(const struct lam_scan *scan, uint32_t node, uint32_t top, int into)
{
	if (into && at(scan, node)->count > 0)
		return at(scan, node)->first;
	while (node != top) {
		uint32_t parent = at(scan, node)->parent;
		const struct node *dir = at(scan, parent);

		if (node + 1 < dir->first + dir->count)
			return node + 1;
		node = parent;
	}
	return LAM_SCAN_NONE;
}

int lam_scan_is_kept(struct lam_scan *scan, uint32_t node, struct lam_err *err)
{
	if ((at(scan, node)->flags & (SKIPPED | SETTLED)) == SKIPPED) {
		for (uint32_t n = node; n != LAM_SCAN_NONE; n = lam_scan_next(scan, n, node, 1)) {
			if (lam_scan_enter(scan, n, err) < 0)
				return -1;
			at(scan, n)->flags |= SETTLED;
		}
	}
	return !(at(scan, node)->flags & SKIPPED);
}

/* The entry of a loaded directory that has this name; LAM_SCAN_NONE. */
static uint32_t entry_named(const struct lam_scan *scan, uint32_t dir, const char *name, size_t len)
{
	uint32_t low = at(scan, dir)->first, high = low + at(scan, dir)->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const char *found = lam_scan_name(scan, middle);
		int order = strncmp(name, found, len);

		if (order == 0 && !found[len])
			return middle;
		if (order <= 0)
			high = middle;
		else
			low = middle + 1;
	}
	return LAM_SCAN_NONE;
}

int lam_scan_find(struct lam_scan *scan, const char *path, uint32_t *node, struct lam_err *err)
{
	size_t len;

	*node = LAM_SCAN_ROOT;
	while ((len = lam_path_part(&path)) > 0) {
		if (lam_scan_enter(scan, *node, err) < 0)
			return -1;
		*node = entry_named(scan, *node, path, len);
		if (*node == LAM_SCAN_NONE)
			return 0;
		path += len;
	}
	return lam_scan_is_kept(scan, *node, err);
}
