/* attributes.c - see attributes.h
 *
 * What is open as O_PATH is reached through /proc/self/fd: the kernel goes to that very inode and
 * follows nothing, not even where it is a link. */
#define _GNU_SOURCE
#include "layer/attributes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "layer/marks.h"

struct target {
	int fd, flags;
	char path[64]; /* of what is open as O_PATH */
};

static struct target target_of(int fd, int flags)
{
	struct target t = { .fd = fd, .flags = flags };

	if (flags & LAM_ATTRIBUTES_PATH)
		snprintf(t.path, sizeof(t.path), "/proc/self/fd/%d", fd);
	return t;
}

struct timespec lam_attributes_time(const struct lam_placer *p, struct archive_entry *entry)
{
	return (struct timespec){ .tv_sec = p->api->archive_entry_mtime(entry) };
}

mode_t lam_attributes_mode(const struct lam_placer *p, struct archive_entry *entry)
{
	return (mode_t)p->api->archive_entry_perm(entry) & 07777;
}

/* Checked as the 64-bit number that the archive gives before it is narrowed. */
static int entry_id(const struct lam_placer *p, long long given, long long forced, const char *kind,
		    unsigned *out, struct lam_err *err)
{
	long long id = forced >= 0 ? forced : given;

	if (id < 0 || id > 0xfffffffeLL)
		return lam_err_set(err, ERANGE, "%s id %lld", kind, id);
	if ((unsigned long long)id >= p->how->ids)
		return lam_err_set(err, ERANGE,
				   "%s id %lld is outside the %u ids of this user "
				   "(`lamina doctor` tells how to get more)",
				   kind, id, p->how->ids);
	*out = (unsigned)id;
	return 0;
}

int lam_attributes_owner(const struct lam_placer *p, struct archive_entry *entry, uid_t *uid,
			 gid_t *gid, struct lam_err *err)
{
	if (entry_id(p, p->api->archive_entry_uid(entry), p->how->uid, "user", uid, err) < 0)
		return -1;
	return entry_id(p, p->api->archive_entry_gid(entry), p->how->gid, "group", gid, err);
}

static int set_raw(const struct target *t, const char *name, const void *value, size_t size)
{
	return t->flags & LAM_ATTRIBUTES_PATH ? setxattr(t->path, name, value, size, 0)
					      : fsetxattr(t->fd, name, value, size, 0);
}

/* One xattr; what this user may not set is kept under another name. Where even that can't be (a
 * link has no user xattrs) nothing could read it either. */
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

/* Before one is set: the kernel's own limits differ between file systems. */
static int check_xattrs(const struct lam_placer *p, struct archive_entry *entry,
			struct lam_err *err)
{
	const struct lam_apply_limits *limits = &p->how->limits;
	const char *name;
	const void *value;
	size_t size, sum = 0;
	unsigned count = 0;

	p->api->archive_entry_xattr_reset(entry);
	while (p->api->archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK) {
		sum += strlen(name) + size;
		if (sum > limits->xattr)
			return lam_err_set(err, E2BIG, "xattrs over the limit 'xattr' of %u bytes",
					   limits->xattr);
		if (++count > limits->xattrs)
			return lam_err_set(err, E2BIG, "more xattrs than the limit 'xattrs' of %u",
					   limits->xattrs);
	}
	return 0;
}

static int set_xattrs(const struct lam_placer *p, const struct target *t,
		      struct archive_entry *entry, struct lam_err *err)
{
	const char *name;
	const void *value;
	size_t size;

	if (check_xattrs(p, entry, err) < 0)
		return -1;
	p->api->archive_entry_xattr_reset(entry);
	while (p->api->archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK)
		if (lam_mark_xattr_travels(name) && set_xattr(t, name, value, size, err) < 0)
			return -1;
	return 0;
}

static int set_mode(const struct target *t, mode_t mode)
{
	if (t->flags & LAM_ATTRIBUTES_LINK)
		return 0;
	return t->flags & LAM_ATTRIBUTES_PATH ? chmod(t->path, mode) : fchmod(t->fd, mode);
}

/* Owner before mode, since chown takes set-id bits away; both before file capabilities. */
int lam_attributes_set(const struct lam_placer *p, int fd, int flags, mode_t mode,
		       struct archive_entry *entry, struct lam_err *err)
{
	const struct target target = target_of(fd, flags);
	uid_t uid;
	gid_t gid;

	if (lam_attributes_owner(p, entry, &uid, &gid, err) < 0)
		return -1;
	if (!(flags & LAM_ATTRIBUTES_STAND_IN) && fchownat(fd, "", uid, gid, AT_EMPTY_PATH) < 0)
		return lam_err_set(err, errno, "owner %u:%u", uid, gid);
	if (flags & LAM_ATTRIBUTES_STAND_IN)
		mode = lam_mark_closed(mode);
	if (set_mode(&target, mode) < 0)
		return lam_err_set(err, errno, "mode");
	return set_xattrs(p, &target, entry, err);
}

int lam_attributes_set_time(int fd, int flags, struct timespec time, struct lam_err *err)
{
	const struct target target = target_of(fd, flags);
	const struct timespec times[2] = { time, time };
	int result = flags & LAM_ATTRIBUTES_PATH ? utimensat(AT_FDCWD, target.path, times, 0)
						 : futimens(fd, times);

	return result < 0 ? lam_err_set(err, errno, "times") : 0;
}
