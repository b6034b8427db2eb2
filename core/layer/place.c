/* place.c - see place.h */
#define _GNU_SOURCE
#include "layer/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/beneath.h"
#include "base/tree.h"
#include "layer/marks.h"

/* A directory gets its times when nothing is made in it any more. */
struct later {
	char *path;
	ino_t inode;
	struct timespec mtime;
};

struct lam_later {
	struct later *list;
	size_t count, cap;
};

/* What xattrs are set on: an open file, or a name in a directory, never followed. */
struct target {
	int fd;         /* -1: by path */
	char path[300]; /* "/proc/self/fd/N/name" */
};

static int set_raw(const struct target *t, const char *name, const void *value, size_t size)
{
	return t->fd >= 0 ? fsetxattr(t->fd, name, value, size, 0)
			  : lsetxattr(t->path, name, value, size, 0);
}

static struct timespec entry_time(const struct lam_placer *p, struct archive_entry *entry)
{
	return (struct timespec){ .tv_sec = p->api->archive_entry_mtime(entry) };
}

/* The owner, checked as the 64-bit number that the archive gives before it is narrowed. */
static int entry_id(const struct lam_placer *p, long long given, long long forced, const char *kind,
		    uid_t *out, struct lam_err *err)
{
	long long id = forced >= 0 ? forced : given;

	if (id < 0 || id > 0xfffffffeLL)
		return lam_err_set(err, ERANGE, "%s id %lld", kind, id);
	if ((unsigned long long)id >= p->how->ids)
		return lam_err_set(err, ERANGE, "%s id %lld is outside the %u ids of this user",
				   kind, id, p->how->ids);
	*out = (uid_t)id;
	return 0;
}

static int entry_owner(const struct lam_placer *p, struct archive_entry *entry, uid_t *uid,
		       gid_t *gid, struct lam_err *err)
{
	if (entry_id(p, p->api->archive_entry_uid(entry), p->how->uid, "user", uid, err) < 0)
		return -1;
	return entry_id(p, p->api->archive_entry_gid(entry), p->how->gid, "group", gid, err);
}

/* One xattr; what this user may not set is kept under another name. */
static int set_xattr(const struct target *t, const char *name, const void *value, size_t size,
		     struct lam_err *err)
{
	char escaped[256];

	if (set_raw(t, name, value, size) == 0)
		return 0;
	if (errno != EPERM && errno != EOPNOTSUPP)
		return lam_err_set(err, errno, "xattr %s", name);
	if (snprintf(escaped, sizeof(escaped), "%s%s", LAM_MARK_XATTR, name) >=
	    (int)sizeof(escaped))
		return lam_err_set(err, ENAMETOOLONG, "xattr %s", name);
	if (set_raw(t, escaped, value, size) < 0 && errno != EPERM && errno != EOPNOTSUPP)
		return lam_err_set(err, errno, "xattr %s", name);
	return 0;
}

static int set_xattrs(const struct lam_placer *p, const struct target *t,
		      struct archive_entry *entry, struct lam_err *err)
{
	const char *name;
	const void *value;
	size_t size, sum = 0;

	p->api->archive_entry_xattr_reset(entry);
	while (p->api->archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK) {
		sum += strlen(name) + size;
		if (sum > p->how->limits.xattr)
			return lam_err_set(err, E2BIG, "xattrs over the limit 'xattr' of %u bytes",
					   p->how->limits.xattr);
		if (lam_mark_xattr_travels(name) && set_xattr(t, name, value, size, err) < 0)
			return -1;
	}
	return 0;
}

/* Owner before mode, since chown takes set-id bits away; both before file capabilities. */
static int set_attributes(const struct lam_placer *p, int fd, struct archive_entry *entry,
			  struct lam_err *err)
{
	const struct target target = { .fd = fd };
	uid_t uid;
	gid_t gid;

	if (entry_owner(p, entry, &uid, &gid, err) < 0)
		return -1;
	if (fchown(fd, uid, gid) < 0)
		return lam_err_set(err, errno, "owner %u:%u", uid, gid);
	if (fchmod(fd, (mode_t)p->api->archive_entry_perm(entry) & 07777) < 0)
		return lam_err_set(err, errno, "mode");
	return set_xattrs(p, &target, entry, err);
}

static int remember(struct lam_placer *p, const char *path, ino_t inode, struct timespec mtime,
		    struct lam_err *err)
{
	struct lam_later *later = p->later;

	if (!later)
		later = p->later = calloc(1, sizeof(*later));
	if (later && later->count == later->cap) {
		size_t cap = later->cap ? 2 * later->cap : 64;
		struct later *list = realloc(later->list, cap * sizeof(*list));

		if (!list)
			return lam_err_set(err, ENOMEM, "directories");
		later->list = list;
		later->cap = cap;
	}
	if (!later || !(later->list[later->count].path = strdup(path)))
		return lam_err_set(err, ENOMEM, "directories");
	later->list[later->count].inode = inode;
	later->list[later->count++].mtime = mtime;
	return 0;
}

/* Takes away what stands where the entry goes. */
static int clear(int parent, const char *name, struct lam_err *err)
{
	if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
		return 0;
	return lam_tree_remove(parent, name, err);
}

/* A directory that replaces a whiteout of the same layer hides what lies below it. */
static int place_dir(struct lam_placer *p, int parent, const char *name, const char *path,
		     struct archive_entry *entry, struct lam_err *err)
{
	lam_autofd fd = -1;
	struct stat st;
	int there = fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
	int hidden = there && lam_mark_is_whiteout(&st);

	if (there && !S_ISDIR(st.st_mode) && clear(parent, name, err) < 0)
		return -1;
	if ((!there || !S_ISDIR(st.st_mode)) && mkdirat(parent, name, 0700) < 0)
		return lam_err_set(err, errno, "mkdir");
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return lam_err_set(err, errno, "open");
	if (hidden && !p->how->tree &&
	    fsetxattr(fd, lam_mark_opaque(p->how->userxattr), "y", 1, 0) < 0)
		return lam_err_set(err, errno, "mark as opaque");
	if (set_attributes(p, fd, entry, err) < 0)
		return -1;
	return remember(p, path, st.st_ino, entry_time(p, entry), err);
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

static int write_content(struct lam_placer *p, int fd, struct archive_entry *entry,
			 struct lam_err *err)
{
	long long size = p->api->archive_entry_size(entry);
	const void *data;
	size_t n;
	la_int64_t at;
	int rc;

	if (size < 0 || (uint64_t)size > p->how->limits.bytes)
		return lam_err_set(err, EFBIG, "larger than the limit 'bytes' of %llu",
				   (unsigned long long)p->how->limits.bytes);
	while ((rc = p->api->archive_read_data_block(p->archive, &data, &n, &at)) == ARCHIVE_OK)
		if (n > 0 && write_block(fd, data, n, (off_t)at, err) < 0)
			return -1;
	if (rc != ARCHIVE_EOF)
		return lam_err_set(err, EBADMSG, "damaged: %s",
				   p->api->archive_error_string(p->archive));
	if (ftruncate(fd, (off_t)size) < 0) /* holes at the end of a sparse file */
		return lam_err_set(err, errno, "truncate");
	p->bytes += (uint64_t)size;
	return 0;
}

static int place_file(struct lam_placer *p, int parent, const char *name,
		      struct archive_entry *entry, struct lam_err *err)
{
	struct timespec t = entry_time(p, entry), times[2] = { t, t };
	lam_autofd fd = -1;

	if (clear(parent, name, err) < 0)
		return -1;
	fd = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return lam_err_set(err, errno, "create");
	if (write_content(p, fd, entry, err) < 0 || set_attributes(p, fd, entry, err) < 0)
		return -1;
	return futimens(fd, times) < 0 ? lam_err_set(err, errno, "times") : 0;
}

/* Owner, xattrs and times of what isn't opened: links and devices. */
static int finish_special(struct lam_placer *p, int parent, const char *name, int is_link,
			  struct archive_entry *entry, struct lam_err *err)
{
	struct timespec t = entry_time(p, entry), times[2] = { t, t };
	struct target target = { .fd = -1 };
	uid_t uid;
	gid_t gid;

	if (entry_owner(p, entry, &uid, &gid, err) < 0)
		return -1;
	if (fchownat(parent, name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0)
		return lam_err_set(err, errno, "owner %u:%u", uid, gid);
	if (!is_link &&
	    fchmodat(parent, name, (mode_t)p->api->archive_entry_perm(entry) & 07777, 0) < 0)
		return lam_err_set(err, errno, "mode");
	snprintf(target.path, sizeof(target.path), "/proc/self/fd/%d/%s", parent, name);
	if (set_xattrs(p, &target, entry, err) < 0)
		return -1;
	if (utimensat(parent, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return lam_err_set(err, errno, "times");
	return 0;
}

static int place_link(struct lam_placer *p, int parent, const char *name,
		      struct archive_entry *entry, struct lam_err *err)
{
	const char *target = p->api->archive_entry_symlink(entry);

	if (!target || !*target)
		return lam_err_set(err, EINVAL, "a link without a target that can be read");
	if (clear(parent, name, err) < 0)
		return -1;
	if (symlinkat(target, parent, name) < 0)
		return lam_err_set(err, errno, "symlink");
	return finish_special(p, parent, name, 1, entry, err);
}

/* A node that this user may not make is an empty file that says what it stands for. */
static int place_stand_in(int parent, const char *name, int is_block, dev_t dev,
			  struct lam_err *err)
{
	lam_autofd fd =
	    openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	char text[64];
	int n =
	    snprintf(text, sizeof(text), "%c:%u:%u", is_block ? 'b' : 'c', major(dev), minor(dev));

	if (fd < 0 || fsetxattr(fd, LAM_MARK_DEVICE, text, (size_t)n, 0) < 0)
		return lam_err_set(err, errno, "device node");
	return 0;
}

static int place_node(struct lam_placer *p, int parent, const char *name, mode_t type,
		      struct archive_entry *entry, struct lam_err *err)
{
	dev_t dev = S_ISFIFO(type) ? 0
				   : makedev((unsigned)p->api->archive_entry_rdevmajor(entry),
					     (unsigned)p->api->archive_entry_rdevminor(entry));

	if (S_ISCHR(type) && dev == 0 && !p->how->tree)
		return lam_err_set(err, EINVAL, "the device 0:0 is overlay's own mark");
	if (clear(parent, name, err) < 0)
		return -1;
	if (mknodat(parent, name, type | 0600, dev) < 0) {
		if (errno != EPERM || S_ISFIFO(type))
			return lam_err_set(err, errno, "device node");
		if (place_stand_in(parent, name, S_ISBLK(type), dev, err) < 0)
			return -1;
	}
	return finish_special(p, parent, name, 0, entry, err);
}

/* Only to what this layer has made: neither followed nor looked for anywhere else. */
static int place_hardlink(struct lam_placer *p, int parent, const char *name, const char *target,
			  struct lam_err *err)
{
	char last[256];
	lam_autofd from = lam_beneath_parent(p->root, target, 0, last, err);
	struct stat st, here;

	if (from < 0 || fstatat(from, last, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return lam_err_set(err, ENOENT, "hard link to '%.200s', which isn't in this layer",
				   target);
	if (S_ISDIR(st.st_mode) || (!p->how->tree && lam_mark_is_whiteout(&st)))
		return lam_err_set(err, EINVAL, "hard link to '%.200s', which is no file", target);
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
	lam_autofd parent = lam_beneath_parent(p->root, path, 0755, name, err);

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

int lam_place_root(struct lam_placer *p, struct archive_entry *entry, struct lam_err *err)
{
	lam_autofd fd = -1;
	struct stat st;

	if (p->api->archive_entry_filetype(entry) != AE_IFDIR ||
	    p->api->archive_entry_hardlink(entry))
		return lam_err_set(err, EINVAL, "the root can only be a directory");
	fd = openat(p->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return lam_err_set(err, errno, "open");
	if (set_attributes(p, fd, entry, err) < 0)
		return -1;
	return remember(p, ".", st.st_ino, entry_time(p, entry), err);
}

/* Opened anew without following a link, and only touched while it is still that directory. */
static int set_time(const struct lam_placer *p, const struct later *one, struct lam_err *err)
{
	const struct timespec times[2] = { one->mtime, one->mtime };
	lam_autofd fd =
	    lam_beneath_open(p->root, one->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, err);
	struct stat st;

	if (fd < 0)
		return err->num == ENOENT || err->num == ENOTDIR || err->num == ELOOP ? 0 : -1;
	if (fstat(fd, &st) < 0 || st.st_ino != one->inode)
		return 0; /* replaced by a later entry */
	return futimens(fd, times) < 0 ? lam_err_set(err, errno, "times of %s", one->path) : 0;
}

int lam_place_finish(struct lam_placer *p, struct lam_err *err)
{
	for (size_t i = p->later ? p->later->count : 0; i-- > 0;)
		if (set_time(p, &p->later->list[i], err) < 0)
			return -1;
	return 0;
}

void lam_place_free(struct lam_placer *p)
{
	if (!p->later)
		return;
	for (size_t i = 0; i < p->later->count; i++)
		free(p->later->list[i].path);
	free(p->later->list);
	free(p->later);
	p->later = NULL;
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
