/* devices.c - see devices.h */
#define _GNU_SOURCE
#include "sys/devices.h"

#include <errno.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/beneath.h"
#include "sys/kernel.h"
#include "sys/newmount.h"

static const struct {
	const char *name;
	unsigned major, minor;
} nodes[] = {
	{ "null", 1, 3 },   { "zero", 1, 5 },    { "full", 1, 7 },
	{ "random", 1, 8 }, { "urandom", 1, 9 }, { "tty", 5, 0 },
};

static const struct {
	const char *name, *target;
} links[] = {
	{ "fd", "/proc/self/fd" },       { "stdin", "/proc/self/fd/0" },
	{ "stdout", "/proc/self/fd/1" }, { "stderr", "/proc/self/fd/2" },
	{ "ptmx", "pts/ptmx" },
};

/* A user namespace may not make nodes: the host's is shown, once it is known to be the one. */
static int bind_node(int dev, size_t i, struct lam_err *err)
{
	char path[32];
	struct stat st;
	lam_autofd tree = -1, target = -1;

	snprintf(path, sizeof(path), "/dev/%s", nodes[i].name);
	tree = lam_open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | AT_SYMLINK_NOFOLLOW);
	if (tree < 0 || fstat(tree, &st) < 0)
		return lam_err_set(err, errno, "clone %s", path);
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(nodes[i].major, nodes[i].minor))
		return lam_err_set(err, ENODEV, "%s is not that device", path);
	target = openat(dev, nodes[i].name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
	if (target < 0 || lam_move_mount(tree, target) < 0)
		return lam_err_set(err, errno, "mount %s", path);
	return 0;
}

/* A node of our own, mounted over itself: /dev is nodev in the end, so that a node which root makes
 * in there opens nothing; these mounts are not. */
static int make_node(int dev, size_t i, struct lam_err *err)
{
	const char *name = nodes[i].name;
	dev_t number = makedev(nodes[i].major, nodes[i].minor);
	lam_autofd tree = -1;

	if (mknodat(dev, name, S_IFCHR | 0666, number) < 0)
		return lam_err_set(err, errno, "make /dev/%s", name);
	tree = lam_open_tree(dev, name, OPEN_TREE_CLONE | AT_SYMLINK_NOFOLLOW);
	if (tree < 0 || lam_move_mount_to(tree, dev, name) < 0)
		return lam_err_set(err, errno, "mount /dev/%s", name);
	return 0;
}

static int make_each_node(const struct lam_container *c, int dev, struct lam_err *err)
{
	for (size_t i = 0; i < sizeof(nodes) / sizeof(*nodes); i++)
		if ((c->rootless ? bind_node(dev, i, err) : make_node(dev, i, err)) < 0)
			return -1;
	return 0;
}

static int make_nodes(const struct lam_container *c, int dev, struct lam_err *err)
{
	mode_t mask = umask(0); /* nodes are for everyone */
	int result = make_each_node(c, dev, err);

	umask(mask);
	if (result < 0)
		return -1;
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++)
		if (symlinkat(links[i].target, dev, links[i].name) < 0)
			return lam_err_set(err, errno, "link /dev/%s", links[i].name);
	if (lam_mount_setattr(dev, 0, MOUNT_ATTR_NODEV) < 0)
		return lam_err_set(err, errno, "make /dev nodev");
	return 0;
}

/* Mounts a file system in a new directory of /dev; returns its descriptor. */
static int mount_in(int dev, const char *name, const char *type, const char *options,
		    unsigned attributes, struct lam_err *err)
{
	lam_autofd tree = lam_newmount(type, options, attributes, err);

	if (tree < 0)
		return -1;
	if (mkdirat(dev, name, 0755) < 0)
		return lam_err_set(err, errno, "mkdir /dev/%s", name);
	if (lam_move_mount_to(tree, dev, name) < 0)
		return lam_err_set(err, errno, "mount /dev/%s", name);
	return lam_fd_give(&tree);
}

/* By descriptors alone (TIOCGPTPEER): no path under /dev/pts is ever opened. */
static int open_terminal(int pts, int *master, int *slave, struct lam_err *err)
{
	int unlocked = 0;

	*master = openat(pts, "ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (*master < 0)
		return lam_err_set(err, errno, "open the terminal");
	if (ioctl(*master, TIOCSPTLCK, &unlocked) < 0)
		return lam_err_set(err, errno, "unlock the terminal");
	*slave = ioctl(*master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	return *slave < 0 ? lam_err_set(err, errno, "open the terminal's other side") : 0;
}

static int mount_inner(const struct lam_container *c, int dev, int *master, int *slave,
		       struct lam_err *err)
{
	/* group 5 is tty on Debian, Alpine and Fedora alike */
	const char *options = c->ids > 5 ? "newinstance,ptmxmode=0666,mode=0620,gid=5"
					 : "newinstance,ptmxmode=0666,mode=0620";
	const unsigned terminals = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
	const unsigned files = terminals | MOUNT_ATTR_NODEV;
	lam_autofd pts = mount_in(dev, "pts", "devpts", options, terminals, err);
	lam_autofd shm = -1, queues = -1;

	if (pts < 0)
		return -1;
	shm = mount_in(dev, "shm", "tmpfs", "mode=1777,size=64m", files, err);
	if (shm < 0)
		return -1;
	queues = mount_in(dev, "mqueue", "mqueue", NULL, files, err);
	if (queues < 0 && err->num != ENODEV)
		return -1;
	return c->terminal ? open_terminal(pts, master, slave, err) : 0;
}

int lam_devices_mount(const struct lam_container *c, int *master, int *slave, struct lam_err *err)
{
	lam_autofd dev =
	    lam_newmount("tmpfs", "mode=755,size=64k,nr_inodes=64", MOUNT_ATTR_NOSUID, err);
	lam_autofd target = -1;
	int null;

	if (dev < 0)
		return -1;
	target = lam_beneath_open(c->root, "/dev", O_PATH | O_NOFOLLOW | O_DIRECTORY, 0, err);
	if (target < 0)
		return -1;
	if (lam_move_mount(dev, target) < 0)
		return lam_err_set(err, errno, "mount /dev");
	if (make_nodes(c, dev, err) < 0 || mount_inner(c, dev, master, slave, err) < 0)
		return -1;
	null = openat(dev, "null", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	return null >= 0 ? null : lam_err_set(err, errno, "open /dev/null");
}
