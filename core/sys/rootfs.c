/* rootfs.c - see rootfs.h */
#define _GNU_SOURCE
#include "sys/rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/beneath.h"
#include "sys/devices.h"
#include "sys/kernel.h"
#include "sys/newmount.h"

enum { PLAIN = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC };

/* Moves a detached mount onto `path` below root. */
static int attach(int root, int tree, const char *path, struct lam_err *err)
{
	lam_autofd target = lam_beneath_open(root, path, O_PATH | O_NOFOLLOW, 0, err);
	struct stat st;

	if (target < 0)
		return lam_err_wrap(err, "mount target");
	if (fstat(target, &st) < 0 || S_ISLNK(st.st_mode))
		return lam_err_set(err, ELOOP, "mount target %s is a link", path);
	if (lam_move_mount(tree, target) < 0)
		return lam_err_set(err, errno, "mount %s", path);
	return 0;
}

static int attach_new(int root, const char *type, const char *options, unsigned attributes,
		      const char *path, struct lam_err *err)
{
	lam_autofd tree = lam_newmount(type, options, attributes, err);

	return tree < 0 ? -1 : attach(root, tree, path, err);
}

/* sysfs belongs to a network namespace of ours; with the host's network, a user namespace gets
 * the host's /sys, read-only. */
static int mount_sys(const struct lam_container *c, struct lam_err *err)
{
	lam_autofd tree = lam_newmount("sysfs", NULL, PLAIN | MOUNT_ATTR_RDONLY, err);

	if (tree < 0 && err->num == EPERM) {
		tree = lam_open_tree(AT_FDCWD, "/sys", OPEN_TREE_CLONE | AT_RECURSIVE);
		if (tree < 0)
			return lam_err_set(err, errno, "clone /sys");
		if (lam_mount_setattr(tree, AT_RECURSIVE, PLAIN | MOUNT_ATTR_RDONLY) < 0)
			return lam_err_set(err, errno, "make /sys read-only");
	}
	return tree < 0 ? -1 : attach(c->root, tree, "/sys", err);
}

/* A view of our own cgroup only; where the kernel gives none, nothing is there. */
static void mount_cgroup(const struct lam_container *c)
{
	struct lam_err ignored;

	attach_new(c->root, "cgroup2", NULL, PLAIN | MOUNT_ATTR_RDONLY, "/sys/fs/cgroup", &ignored);
}

/* The same tree again over itself, read-only. Absent is fine. */
static int make_readonly(int root, const char *path, struct lam_err *err)
{
	lam_autofd fd = lam_beneath_open(root, path, O_PATH | O_NOFOLLOW, 0, err);
	lam_autofd tree = -1;

	if (fd < 0)
		return err->num == ENOENT ? 0 : -1;
	tree = lam_open_tree(fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | AT_RECURSIVE);
	if (tree < 0 || lam_mount_setattr(tree, AT_RECURSIVE, MOUNT_ATTR_RDONLY) < 0 ||
	    lam_move_mount(tree, fd) < 0)
		return lam_err_set(err, errno, "make %s read-only", path);
	return 0;
}

/* Hides a file behind our null device, a directory behind an empty tmpfs. Absent is fine. */
static int mask(int root, int null, const char *path, struct lam_err *err)
{
	lam_autofd fd = lam_beneath_open(root, path, O_PATH | O_NOFOLLOW, 0, err);
	lam_autofd tree = -1;
	struct stat st;

	if (fd < 0)
		return err->num == ENOENT ? 0 : -1;
	if (fstat(fd, &st) < 0)
		return lam_err_set(err, errno, "mask %s", path);
	if (S_ISDIR(st.st_mode))
		tree = lam_newmount("tmpfs", "size=0,nr_inodes=1,mode=555",
				    PLAIN | MOUNT_ATTR_RDONLY, err);
	else
		tree = lam_open_tree(null, "", AT_EMPTY_PATH | OPEN_TREE_CLONE);
	if (tree < 0 || lam_move_mount(tree, fd) < 0)
		return lam_err_set(err, errno, "mask %s", path);
	return 0;
}

static const char *const masked[] = {
	"/proc/acpi",       "/proc/asound",      "/proc/interrupts",
	"/proc/kcore",      "/proc/keys",        "/proc/latency_stats",
	"/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug",
	"/proc/scsi",       "/sys/firmware",     "/sys/devices/virtual/powercap",
};

static const char *const readonly[] = {
	"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
};

static int protect(const struct lam_container *c, int null, struct lam_err *err)
{
	for (size_t i = 0; i < sizeof(masked) / sizeof(*masked); i++)
		if (mask(c->root, null, masked[i], err) < 0)
			return -1;
	for (size_t i = 0; i < sizeof(readonly) / sizeof(*readonly); i++)
		if (make_readonly(c->root, readonly[i], err) < 0)
			return -1;
	return 0;
}

/* A target inside another mount is made there, as every runtime does: only in the root does lamina
 * prepare and take away what is missing (stubs.h). */
static int make_target(int root, const struct lam_mount *m, struct lam_err *err)
{
	lam_autofd there = lam_beneath_open(root, m->target, O_PATH | O_NOFOLLOW, 0, err);
	lam_autofd made = -1;
	char last[256];
	struct stat st;

	if (there >= 0 || err->num != ENOENT)
		return 0;
	if (m->tree < 0 || (fstat(m->tree, &st) == 0 && S_ISDIR(st.st_mode))) {
		made = lam_beneath_mkdirs(root, m->target, 0755, err);
		return made < 0 ? lam_err_wrap(err, "mount target") : 0;
	}
	there = lam_beneath_parent(root, m->target, 0755, last, err);
	if (there < 0)
		return lam_err_wrap(err, "mount target");
	made = openat(there, last, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	return made < 0 ? lam_err_set(err, errno, "make mount target %s", m->target) : 0;
}

static int mount_wanted(const struct lam_container *c, const struct lam_mount *m,
			struct lam_err *err)
{
	uint64_t attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;

	if (make_target(c->root, m, err) < 0)
		return -1;
	if (m->tree < 0)
		return attach_new(c->root, "tmpfs", m->options,
				  (unsigned)attributes | (m->readonly ? MOUNT_ATTR_RDONLY : 0),
				  m->target, err);
	if (m->readonly)
		attributes |= MOUNT_ATTR_RDONLY;
	if (lam_mount_setattr(m->tree, AT_RECURSIVE, attributes) < 0)
		return lam_err_set(err, errno, "mount %s", m->target);
	return attach(c->root, m->tree, m->target, err);
}

/* mount_too_revealing() in the kernel: no new /proc may show what the present one hides. */
static int explain_proc(struct lam_err *err)
{
	return lam_err_wrap(err, "a user namespace gets no /proc of its own where parts of the "
				 "present one are hidden, as in a container of others");
}

static int mount_all(const struct lam_container *c, int *master, int *slave, struct lam_err *err)
{
	lam_autofd null = -1;

	if (attach_new(c->root, "proc", NULL, PLAIN, "/proc", err) < 0)
		return c->rootless && err->num == EPERM ? explain_proc(err) : -1;
	if (mount_sys(c, err) < 0)
		return -1;
	mount_cgroup(c);
	null = lam_devices_mount(c, master, slave, err);
	if (null < 0)
		return -1;
	for (size_t i = 0; i < c->nmounts; i++)
		if (mount_wanted(c, &c->mounts[i], err) < 0)
			return -1;
	return protect(c, null, err);
}

/* The root is not a mount of this namespace yet: it is put over "/", then takes its place. */
static int attach_root(const struct lam_container *c, struct lam_err *err)
{
	lam_autofd here = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (lam_mount_setattr(c->root, 0, MOUNT_ATTR_NODEV) < 0)
		return lam_err_set(err, errno, "root file system: nodev");
	if (here < 0 || lam_move_mount(c->root, here) < 0)
		return lam_err_set(err, errno, "attach the root file system");
	return 0;
}

static int pivot(const struct lam_container *c, struct lam_err *err)
{
	if (c->readonly && lam_mount_setattr(c->root, 0, MOUNT_ATTR_RDONLY) < 0)
		return lam_err_set(err, errno, "make the root file system read-only");
	if (fchdir(c->root) < 0 || syscall(SYS_pivot_root, ".", ".") < 0)
		return lam_err_set(err, errno, "pivot_root");
	if (umount2(".", MNT_DETACH) < 0)
		return lam_err_set(err, errno, "leave the old root");
	if (chdir("/") < 0)
		return lam_err_set(err, errno, "chdir /");
	return 0;
}

int lam_rootfs_enter(const struct lam_container *c, int *master, int *slave, struct lam_err *err)
{
	if (mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0)
		return lam_err_set(err, errno, "make mounts private");
	if (attach_root(c, err) < 0 || mount_all(c, master, slave, err) < 0)
		return -1;
	return pivot(c, err);
}
