/* l_inode.c - the part of lamina.core.fs that is about one inode: what it is, whose, since when. */
#define _GNU_SOURCE
#include "bind/l_inode.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/beneath.h"

static const char *type_name(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return "file";
	case S_IFDIR:
		return "dir";
	case S_IFLNK:
		return "link";
	case S_IFCHR:
		return "char";
	case S_IFBLK:
		return "block";
	case S_IFIFO:
		return "fifo";
	default:
		return "socket";
	}
}

static void set_integer(lua_State *L, const char *key, long long value)
{
	lua_pushinteger(L, value);
	lua_setfield(L, -2, key);
}

int lamL_push_stat(lua_State *L, const struct stat *st)
{
	lua_createtable(L, 0, 14);
	lua_pushstring(L, type_name(st->st_mode));
	lua_setfield(L, -2, "type");
	set_integer(L, "mode", st->st_mode & 07777);
	set_integer(L, "uid", st->st_uid);
	set_integer(L, "gid", st->st_gid);
	set_integer(L, "size", st->st_size);
	set_integer(L, "mtime", st->st_mtim.tv_sec);
	set_integer(L, "mtime_nsec", st->st_mtim.tv_nsec);
	set_integer(L, "ctime", st->st_ctim.tv_sec);
	set_integer(L, "ctime_nsec", st->st_ctim.tv_nsec);
	set_integer(L, "ino", (long long)st->st_ino);
	set_integer(L, "dev", (long long)st->st_dev);
	set_integer(L, "nlink", (long long)st->st_nlink);
	set_integer(L, "rdev", (long long)st->st_rdev);
	return 1;
}

static int stat_at(int root, const char *path, int follow, struct stat *st, struct lam_err *err)
{
	lam_autofd fd = -1;
	int result;

	if (root < 0) {
		result = follow ? stat(path, st) : lstat(path, st);
	} else {
		fd = lam_beneath_open(root, path, O_PATH | (follow ? 0 : O_NOFOLLOW), 0, err);
		if (fd < 0)
			return -1;
		result = fstat(fd, st);
	}
	return result < 0 ? lam_err_set(err, errno, "stat %s", path) : 0;
}

/* fs.stat(path[, {root=, follow=true}]) -> { type, mode, uid, gid, size, mtime, … } | nil, err */
static int l_stat(lua_State *L)
{
	static const char *const known[] = { "root", "follow", NULL };
	const char *path = lamL_checkpath(L, 1);
	int root, follow;
	struct lam_err err;
	struct stat st;

	lamL_options(L, 2, known);
	root = lamL_rootfield(L, 2);
	follow = lamL_boolfield(L, 2, "follow", 1);
	if (stat_at(root, path, follow, &st, &err) < 0)
		return lamL_fail(L, &err);
	return lamL_push_stat(L, &st);
}

/* fs.readlink(path) -> target | nil, err */
static int l_readlink(lua_State *L)
{
	const char *path = lamL_checkpath(L, 1);
	char target[PATH_MAX];
	ssize_t n = readlink(path, target, sizeof(target));

	if (n < 0)
		return lamL_done(L, -1, "readlink", path);
	lua_pushlstring(L, target, (size_t)n);
	return 1;
}

/* fs.symlink(target, path) -> true | nil, err */
static int l_symlink(lua_State *L)
{
	const char *target = lamL_checkpath(L, 1), *path = lamL_checkpath(L, 2);

	return lamL_done(L, symlink(target, path), "symlink", path);
}

/* fs.link(from, to) -> true | nil, err: a hard link */
static int l_link(lua_State *L)
{
	const char *from = lamL_checkpath(L, 1), *to = lamL_checkpath(L, 2);

	return lamL_done(L, link(from, to), "link", to);
}

/* fs.chmod(path, mode) -> true | nil, err */
static int l_chmod(lua_State *L)
{
	const char *path = lamL_checkpath(L, 1);

	return lamL_done(L, chmod(path, lamL_checkmode(L, 2)), "chmod", path);
}

/* Checked before it is narrowed: 2^32 is not root. */
static unsigned check_id(lua_State *L, int index)
{
	lua_Integer id = luaL_checkinteger(L, index);

	luaL_argcheck(L, id >= -1 && id <= 0xfffffffeLL, index, "an id, or -1 to leave it");
	return (unsigned)id;
}

/* fs.chown(path, uid, gid) -> true | nil, err: of a link itself, not its target; -1 leaves it */
static int l_chown(lua_State *L)
{
	const char *path = lamL_checkpath(L, 1);
	uid_t uid = check_id(L, 2);

	return lamL_done(L, lchown(path, uid, check_id(L, 3)), "chown", path);
}

/* fs.utime(path, seconds[, nanoseconds]) -> true | nil, err: both times */
static int l_utime(lua_State *L)
{
	const char *path = lamL_checkpath(L, 1);
	struct timespec t = { .tv_sec = luaL_checkinteger(L, 2),
			      .tv_nsec = luaL_optinteger(L, 3, 0) };
	struct timespec both[2] = { t, t };

	luaL_argcheck(L, t.tv_nsec >= 0 && t.tv_nsec < 1000000000, 3, "0 to 999999999 expected");
	return lamL_done(L, utimensat(AT_FDCWD, path, both, AT_SYMLINK_NOFOLLOW), "set times of",
			 path);
}

/* fs.realpath(path) -> absolute path without links | nil, err */
static int l_realpath(lua_State *L)
{
	const char *path = lamL_checkpath(L, 1);
	char real[PATH_MAX];

	if (!realpath(path, real))
		return lamL_done(L, -1, "realpath", path);
	lua_pushstring(L, real);
	return 1;
}

static int add_flag(const char *path, int flag, struct lam_err *err)
{
	lam_autofd fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int flags;

	if (fd < 0 || ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0)
		return lam_err_set(err, errno, "attributes of %s", path);
	flags |= flag;
	return ioctl(fd, FS_IOC_SETFLAGS, &flags) < 0
		   ? lam_err_set(err, errno, "set attributes of %s", path)
		   : 0;
}

/* fs.scatter(path) -> true | nil, err: the directories in it don't belong together (chattr(1), T);
 * ext4 alone knows it */
static int l_scatter(lua_State *L)
{
	struct lam_err err;

	return lamL_result(L, add_flag(lamL_checkpath(L, 1), FS_TOPDIR_FL, &err), &err);
}

static const luaL_Reg functions[] = {
	{ "stat", l_stat },       { "readlink", l_readlink }, { "symlink", l_symlink },
	{ "link", l_link },       { "chmod", l_chmod },       { "chown", l_chown },
	{ "scatter", l_scatter }, { "utime", l_utime },       { "realpath", l_realpath },
	{ NULL, NULL },
};

void lamL_inode_functions(lua_State *L)
{
	luaL_setfuncs(L, functions, 0);
}
