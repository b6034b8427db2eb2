/* place.c - see place.h */
#define _GNU_SOURCE
#include "layer/place.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/beneath.h"
#include "base/path.h"
#include "base/tree.h"
#include "layer/attributes.h"
#include "layer/entryname.h"
#include "layer/marks.h"
#include "layer/xattrs.h"

enum { MAJOR_MAX = 0xfff, MINOR_MAX = 0xfffff };

/* Takes away what stands where the entry goes. */
static int clear(int parent, const char *name, struct lam_err *err)
{
	if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
		return 0;
	return lam_tree_remove(parent, name, err);
}

/* Makes a file, link or node under a name that must be free: a descriptor or 0, -1 and errno. */
typedef int maker(int parent, const char *name, const void *what);

/* Makes it, in place of what stands there: seldom is there anything, so that it is tried first. */
static int make(maker *make_it, const void *what, int parent, const char *name, struct lam_err *err)
{
	int made = make_it(parent, name, what);

	if (made < 0 && errno == EEXIST) {
		if (clear(parent, name, err) < 0)
			return -1;
		made = make_it(parent, name, what);
	}
	return made < 0 ? lam_err_set(err, errno, "create") : made;
}

static int make_file(int parent, const char *name, const void *what)
{
	(void)what;
	return openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

static int make_link(int parent, const char *name, const void *target)
{
	return symlinkat(target, parent, name);
}

struct node {
	mode_t mode;
	dev_t device;
};

static int make_node(int parent, const char *name, const void *what)
{
	const struct node *node = what;

	return mknodat(parent, name, node->mode, node->device);
}

/* Makes the directory unless it is there, and opens it. *is_new: it was not. A directory that
 * replaces a whiteout of the same layer hides what lies below it. */
static int open_dir(const struct lam_placer *p, int parent, const char *name, int *is_new,
		    struct lam_err *err)
{
	lam_autofd fd = -1;
	struct stat st;
	int there = fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
	int hides = there && !p->how->tree && lam_mark_is_whiteout(&st);

	*is_new = !there || !S_ISDIR(st.st_mode);
	if (there && *is_new && clear(parent, name, err) < 0)
		return -1;
	if (*is_new && mkdirat(parent, name, 0700) < 0)
		return lam_err_set(err, errno, "mkdir");
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return lam_err_set(err, errno, "open");
	if (hides && fsetxattr(fd, lam_mark_opaque(p->how->userxattr), "y", 1, 0) < 0)
		return lam_err_set(err, errno, "mark as opaque");
	return lam_fd_give(&fd);
}

static int remember(struct lam_placer *p, const char *path, int fd, struct lam_later_dir *what,
		    struct lam_err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return lam_err_set(err, errno, "stat");
	what->inode = st.st_ino;
	return lam_later_add(&p->later, path, what, err);
}

/* A directory that the archive takes for granted. Its mode is not the umask's business. */
static int make_implied(struct lam_placer *p, const char *path, struct timespec mtime,
			struct lam_err *err)
{
	struct lam_later_dir what = { .mode = 0755, .mtime = mtime, .is_implied = 1 };
	char name[256];
	lam_autofd parent = lam_beneath_parent(p->root, path, 0, name, err);
	lam_autofd fd = -1;
	struct stat st;
	int is_new;

	if (parent < 0)
		return -1;
	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !lam_mark_is_whiteout(&st))
		return lam_err_set(err, ENOTDIR, "'%.200s'", path);
	fd = open_dir(p, parent, name, &is_new, err);
	if (fd < 0)
		return -1;
	if (fchmod(fd, what.mode) < 0)
		return lam_err_set(err, errno, "mode");
	return remember(p, path, fd, &what, err);
}

static int make_parents(struct lam_placer *p, const char *path, struct timespec mtime,
			struct lam_err *err)
{
	char upto[LAM_PATH_MAX];

	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		lam_autofd fd = -1;

		memcpy(upto, path, (size_t)(slash - path));
		upto[slash - path] = '\0';
		fd = lam_beneath_open(p->root, upto, O_PATH | O_DIRECTORY, 0, err);
		if (fd < 0 && err->num != ENOENT && err->num != ENOTDIR)
			return -1;
		if (fd < 0 && make_implied(p, upto, mtime, err) < 0)
			return -1;
	}
	return 0;
}

int lam_place_parent(struct lam_placer *p, const char *path, struct timespec mtime, char last[256],
		     struct lam_err *err)
{
	int fd = lam_beneath_parent(p->root, path, 0, last, err);

	if (fd >= 0 || (err->num != ENOENT && err->num != ENOTDIR))
		return fd;
	if (make_parents(p, path, mtime, err) < 0)
		return -1;
	return lam_beneath_parent(p->root, path, 0, last, err);
}

/* What the entry says of the directory that is open; its time and tight mode later. */
static int dress_dir(struct lam_placer *p, const char *path, int fd, struct archive_entry *entry,
		     struct lam_err *err)
{
	struct lam_later_dir what = { .mode = lam_attributes_mode(p, entry),
				      .mtime = lam_attributes_time(p, entry) };

	if (lam_attributes_set(p, fd, 0, what.mode | 0700, entry, err) < 0)
		return -1;
	return remember(p, path, fd, &what, err);
}

static int place_dir(struct lam_placer *p, int parent, const char *name, const char *path,
		     struct archive_entry *entry, struct lam_err *err)
{
	int is_new;
	lam_autofd fd = open_dir(p, parent, name, &is_new, err);

	if (fd < 0 || (!is_new && lam_xattrs_clear(fd, err) < 0))
		return -1;
	return dress_dir(p, path, fd, entry, err);
}

int lam_place_root(struct lam_placer *p, struct archive_entry *entry, struct lam_err *err)
{
	lam_autofd fd = -1;

	if (p->api->archive_entry_filetype(entry) != AE_IFDIR ||
	    p->api->archive_entry_hardlink(entry))
		return lam_err_set(err, EINVAL, "the root can only be a directory");
	fd = openat(p->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return lam_err_set(err, errno, "open");
	return lam_xattrs_clear(fd, err) < 0 ? -1 : dress_dir(p, ".", fd, entry, err);
}

static int write_block(int fd, const void *data, size_t size, off_t at, struct lam_err *err)
{
	while (size > 0) {
		ssize_t n = pwrite(fd, data, size, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return lam_err_set(err, errno, "write");
		data = (const char *)data + n;
		size -= (size_t)n;
		at += n;
	}
	return 0;
}

/* Counted by what it will be, holes and all: another program may fill them. */
static int write_content(struct lam_placer *p, int fd, struct archive_entry *entry,
			 struct lam_err *err)
{
	long long size = p->api->archive_entry_size(entry);
	const uint64_t most = p->how->limits.bytes;
	const void *data;
	la_int64_t at, end = 0;
	size_t n;
	int rc;

	if (size < 0 || (uint64_t)size > most || p->bytes > most - (uint64_t)size)
		return lam_err_set(err, EFBIG, "larger than the limit 'bytes' of %llu",
				   (unsigned long long)most);
	while ((rc = p->api->archive_read_data_block(p->archive, &data, &n, &at)) == ARCHIVE_OK) {
		if (n == 0)
			continue;
		if (at < 0 || at > size || (uint64_t)n > (uint64_t)(size - at))
			return lam_err_set(err, EBADMSG, "damaged: data behind its end");
		if (write_block(fd, data, n, (off_t)at, err) < 0)
			return -1;
		end = at + (la_int64_t)n;
	}
	if (rc != ARCHIVE_EOF)
		return lam_err_set(err, EBADMSG, "damaged: %s",
				   lam_archive_error(p->api, p->archive));
	if (end != size && ftruncate(fd, (off_t)size) < 0) /* a hole is the end of a sparse file */
		return lam_err_set(err, errno, "truncate");
	p->bytes += (uint64_t)size;
	return 0;
}

static int place_file(struct lam_placer *p, int parent, const char *name,
		      struct archive_entry *entry, struct lam_err *err)
{
	lam_autofd fd = make(make_file, NULL, parent, name, err);

	if (fd < 0 || write_content(p, fd, entry, err) < 0 ||
	    lam_attributes_set(p, fd, 0, lam_attributes_mode(p, entry), entry, err) < 0)
		return -1;
	return lam_attributes_set_time(fd, 0, lam_attributes_time(p, entry), err);
}

/* Attributes of what was just made and can't be opened to read: a link or a node. Whoever has put
 * something else in its place meanwhile gets nothing set. */
static int finish_special(struct lam_placer *p, int parent, const char *name, mode_t type,
			  int flags, struct archive_entry *entry, struct lam_err *err)
{
	lam_autofd fd = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return lam_err_set(err, errno, "open");
	if ((st.st_mode & S_IFMT) != type)
		return lam_err_set(err, EBUSY, "it was replaced meanwhile");
	flags |= LAM_ATTRIBUTES_PATH;
	if (lam_attributes_set(p, fd, flags, lam_attributes_mode(p, entry), entry, err) < 0)
		return -1;
	return lam_attributes_set_time(fd, flags, lam_attributes_time(p, entry), err);
}

static int place_link(struct lam_placer *p, int parent, const char *name,
		      struct archive_entry *entry, struct lam_err *err)
{
	const char *target = p->api->archive_entry_symlink(entry);

	if (!target || !*target)
		return lam_err_set(err, EINVAL, "a link without a target that can be read");
	if (make(make_link, target, parent, name, err) < 0)
		return -1;
	return finish_special(p, parent, name, S_IFLNK, LAM_ATTRIBUTES_LINK, entry, err);
}

/* A node that this user may not make is an empty file that says what it stands for (marks.h). */
static int place_stand_in(struct lam_placer *p, int parent, const char *name, int is_block,
			  dev_t dev, struct archive_entry *entry, struct lam_err *err)
{
	lam_autofd fd = make(make_file, NULL, parent, name, err);
	struct lam_mark_device device = { is_block,   major(dev),
					  minor(dev), 0,
					  0,          lam_attributes_mode(p, entry) & 07777 };

	if (fd < 0 || lam_attributes_owner(p, entry, &device.uid, &device.gid, err) < 0 ||
	    lam_mark_device_put(fd, &device, err) < 0)
		return -1;
	return finish_special(p, parent, name, S_IFREG, LAM_ATTRIBUTES_STAND_IN, entry, err);
}

static int device_number(const struct lam_placer *p, struct archive_entry *entry, dev_t *dev,
			 struct lam_err *err)
{
	unsigned long long major = p->api->archive_entry_rdevmajor(entry);
	unsigned long long minor = p->api->archive_entry_rdevminor(entry);

	if (major > MAJOR_MAX || minor > MINOR_MAX)
		return lam_err_set(err, ERANGE, "device %llu:%llu", major, minor);
	*dev = makedev((unsigned)major, (unsigned)minor);
	return 0;
}

static int place_node(struct lam_placer *p, int parent, const char *name, mode_t type,
		      struct archive_entry *entry, struct lam_err *err)
{
	struct node node = { .mode = type | 0600 };

	if (!S_ISFIFO(type) && device_number(p, entry, &node.device, err) < 0)
		return -1;
	if (S_ISCHR(type) && node.device == 0 && !p->how->tree)
		return lam_err_set(err, EINVAL, "the device 0:0 is overlay's own mark");
	if (make(make_node, &node, parent, name, err) == 0)
		return finish_special(p, parent, name, type, 0, entry, err);
	if (err->num != EPERM || S_ISFIFO(type))
		return -1;
	return place_stand_in(p, parent, name, S_ISBLK(type), node.device, entry, err);
}

/* The file that a hard link names: one that this layer has made. */
static int open_target(struct lam_placer *p, const char *target, char last[256], struct stat *st,
		       struct lam_err *err)
{
	char path[LAM_PATH_MAX];
	lam_autofd from = -1;

	if (lam_entry_clean(target, &p->how->limits, path, err) < 0)
		return lam_err_wrap(err, "hard link to '%.200s'", target);
	from = lam_beneath_parent(p->root, path, 0, last, err);
	if (from < 0 || fstatat(from, last, st, AT_SYMLINK_NOFOLLOW) < 0)
		return lam_err_set(err, ENOENT, "hard link to '%.200s', which isn't in this layer",
				   target);
	if (S_ISDIR(st->st_mode) || (!p->how->tree && lam_mark_is_whiteout(st)))
		return lam_err_set(err, EINVAL, "hard link to '%.200s', which is no file", target);
	return lam_fd_give(&from);
}

static int place_hardlink(struct lam_placer *p, int parent, const char *name, const char *target,
			  struct lam_err *err)
{
	struct stat st, here;
	char last[256];
	lam_autofd from = open_target(p, target, last, &st, err);

	if (from < 0)
		return -1;
	if (fstatat(parent, name, &here, AT_SYMLINK_NOFOLLOW) == 0 && here.st_ino == st.st_ino &&
	    here.st_dev == st.st_dev)
		return 0; /* it is that file already */
	if (clear(parent, name, err) < 0)
		return -1;
	if (linkat(from, last, parent, name, 0) < 0)
		return lam_err_set(err, errno, "hard link to '%.200s'", target);
	return 0;
}

int lam_place(struct lam_placer *p, const char *path, struct archive_entry *entry,
	      struct lam_err *err)
{
	const char *target = p->api->archive_entry_hardlink(entry);
	mode_t type = p->api->archive_entry_filetype(entry);
	char name[256];
	lam_autofd parent = lam_place_parent(p, path, lam_attributes_time(p, entry), name, err);

	if (parent < 0)
		return -1;
	if (target)
		return place_hardlink(p, parent, name, target, err);
	switch (type) {
	case AE_IFDIR:
		return place_dir(p, parent, name, path, entry, err);
	case AE_IFREG:
		return place_file(p, parent, name, entry, err);
	case AE_IFLNK:
		return place_link(p, parent, name, entry, err);
	case AE_IFCHR:
	case AE_IFBLK:
	case AE_IFIFO:
		return place_node(p, parent, name, type, entry, err);
	case AE_IFSOCK:
		return 0; /* nobody listens on it */
	default:
		return lam_err_set(err, EINVAL, "an entry of no known type");
	}
}

int lam_place_whiteout(int parent, const char *name, int userxattr, struct lam_err *err)
{
	lam_autofd dir = -1;
	struct stat st;

	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (mknodat(parent, name, S_IFCHR, makedev(0, 0)) < 0)
			return lam_err_set(err, errno, "whiteout");
		return 0;
	}
	if (!S_ISDIR(st.st_mode))
		return 0; /* this layer's own file replaces what is below anyway */
	dir = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0 || fsetxattr(dir, lam_mark_opaque(userxattr), "y", 1, 0) < 0)
		return lam_err_set(err, errno, "mark as opaque");
	return 0;
}
