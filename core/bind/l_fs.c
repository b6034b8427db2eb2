/* l_fs.c - require "lamina.core.fs": files and directories.
 *
 * Where a function takes `root` (a descriptor), the path is resolved below it as chroot would:
 * links never lead out. Everything fails with nil, err; sizes are bytes, times Unix seconds. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/beneath.h"
#include "base/fd.h"
#include "base/tree.h"
#include "bind/l_file.h"
#include "bind/lamlua.h"

enum { READ_LIMIT = 16 << 20 };

static int push_done(lua_State *L, int result, const struct lam_err *err)
{
	if (result < 0)
		return lamL_fail(L, err);
	lua_pushboolean(L, 1);
	return 1;
}

/* For calls that answer 0 or -1 with errno. */
static int done(lua_State *L, int result, const char *what, const char *path)
{
	struct lam_err err;

	if (result < 0)
		lam_err_set(&err, errno, "%s %s", what, path);
	return push_done(L, result, &err);
}

static int open_at(int root, const char *path, int flags, mode_t mode, struct lam_err *err)
{
	int fd;

	if (root >= 0)
		return lam_beneath_open(root, path, flags, mode, err);
	fd = open(path, flags | O_CLOEXEC, mode);
	return fd >= 0 ? fd : lam_err_set(err, errno, "open %s", path);
}

/* fs.mkdir(path[, mode=0700]) -> true | nil, err */
static int l_mkdir(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);

	return done(L, mkdir(path, (mode_t)luaL_optinteger(L, 2, 0700)), "mkdir", path);
}

static int make_all(const char *path, mode_t mode, struct lam_err *err)
{
	lam_autofd base = open(path[0] == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	lam_autofree char *copy = strdup(path);
	struct stat st;

	if (base < 0 || !copy)
		return lam_err_set(err, errno, "mkdir %s", path);
	for (char *at = copy + strspn(copy, "/"); *at;) {
		char *end = at + strcspn(at, "/"), cut = *end;

		*end = '\0';
		if (mkdir(copy, mode) < 0 && (errno != EEXIST || stat(copy, &st) < 0))
			return lam_err_set(err, errno, "mkdir %s", copy);
		*end = cut;
		at = end + strspn(end, "/");
	}
	return 0;
}

/* fs.mkdirs(path[, mode=0700]) -> true | nil, err: with missing parents; there already is fine */
static int l_mkdirs(lua_State *L)
{
	struct lam_err err;
	const char *path = luaL_checkstring(L, 1);
	mode_t mode = (mode_t)luaL_optinteger(L, 2, 0700);

	return push_done(L, make_all(path, mode, &err), &err);
}

/* fs.rename(from, to[, {noreplace=}]) -> true | nil, err */
static int l_rename(lua_State *L)
{
	const char *from = luaL_checkstring(L, 1), *to = luaL_checkstring(L, 2);
	unsigned flags = lamL_boolfield(L, 3, "noreplace", 0) ? RENAME_NOREPLACE : 0;

	return done(L, renameat2(AT_FDCWD, from, AT_FDCWD, to, flags), "rename to", to);
}

/* fs.remove(path) -> true | nil, err: a file or a whole tree; absent is fine */
static int l_remove(lua_State *L)
{
	struct lam_err err;

	return push_done(L, lam_tree_remove(AT_FDCWD, luaL_checkstring(L, 1), &err), &err);
}

static int read_file(int root, const char *path, size_t limit, struct lam_buf *out,
		     struct lam_err *err)
{
	lam_autofd fd = open_at(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, err);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		return lam_err_set(err, errno, "read %s", path);
	if (!S_ISREG(st.st_mode))
		return lam_err_set(err, S_ISDIR(st.st_mode) ? EISDIR : EINVAL,
				   "read %s: not a regular file", path);
	return lam_fd_read_all(fd, limit, out, path, err);
}

/* fs.read(path[, {root=, limit=16 MiB}]) -> text | nil, err: regular files only, never blocks */
static int l_read(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	int root = (int)lamL_intfield(L, 2, "root", -1);
	size_t limit = (size_t)lamL_intfield(L, 2, "limit", READ_LIMIT);
	struct lam_buf *buf = lamL_buf(L);
	struct lam_err err;

	if (read_file(root, path, limit, buf, &err) < 0)
		return lamL_fail(L, &err);
	lua_pushlstring(L, buf->data ? buf->data : "", buf->len);
	lam_buf_free(buf);
	return 1;
}

/* In a temporary file beside it, renamed into place: a reader sees the old or the new. */
static int replace_file(const char *path, const char *data, size_t len, mode_t mode, int sync,
			struct lam_err *err)
{
	lam_autofree char *temp = NULL;
	lam_autofd fd = -1;

	if (asprintf(&temp, "%s.XXXXXX", path) < 0) {
		temp = NULL;
		return lam_err_set(err, ENOMEM, "write %s", path);
	}
	fd = mkostemp(temp, O_CLOEXEC);
	if (fd < 0)
		return lam_err_set(err, errno, "write %s", path);
	if (lam_fd_write_all(fd, data, len, path, err) < 0 || fchmod(fd, mode) < 0 ||
	    (sync && fsync(fd) < 0) || rename(temp, path) < 0) {
		if (err->num == 0)
			lam_err_set(err, errno, "write %s", path);
		unlink(temp);
		return -1;
	}
	return 0;
}

/* fs.write(path, data[, {mode=0600, sync=}]) -> true | nil, err: whole or not at all */
static int l_write(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	size_t len;
	const char *data = luaL_checklstring(L, 2, &len);
	mode_t mode = (mode_t)lamL_intfield(L, 3, "mode", 0600);
	int sync = lamL_boolfield(L, 3, "sync", 0);
	struct lam_err err = { 0 };

	return push_done(L, replace_file(path, data, len, mode, sync, &err), &err);
}

static int l_closedir(lua_State *L)
{
	DIR **slot = luaL_checkudata(L, 1, "lamina.dir");

	if (*slot)
		closedir(*slot);
	*slot = NULL;
	return 0;
}

static DIR *open_listing(int root, const char *path, struct lam_err *err)
{
	int fd = open_at(root, path, O_RDONLY | O_DIRECTORY | O_NONBLOCK, 0, err);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (fd >= 0 && !dir) {
		lam_err_set(err, errno, "list %s", path);
		close(fd);
	}
	return dir;
}

/* fs.list(path[, {root=}]) -> sorted names | nil, err */
static int l_list(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	int root = (int)lamL_intfield(L, 2, "root", -1);
	DIR **slot = lamL_scratch(L, sizeof(*slot));
	struct dirent *entry;
	struct lam_err err;
	lua_Integer n = 0;

	luaL_setmetatable(L, "lamina.dir");
	*slot = open_listing(root, path, &err);
	if (!*slot)
		return lamL_fail(L, &err);
	lua_getglobal(L, "table");
	lua_getfield(L, -1, "sort");
	lua_newtable(L);
	while ((entry = readdir(*slot))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		lua_pushstring(L, entry->d_name);
		lua_rawseti(L, -2, ++n);
	}
	closedir(*slot);
	*slot = NULL;
	lua_pushvalue(L, -1);
	lua_insert(L, -3);
	lua_call(L, 1, 0);
	return 1;
}

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

static int push_stat(lua_State *L, const struct stat *st)
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
	const char *path = luaL_checkstring(L, 1);
	int root = (int)lamL_intfield(L, 2, "root", -1);
	int follow = lamL_boolfield(L, 2, "follow", 1);
	struct lam_err err;
	struct stat st;

	if (stat_at(root, path, follow, &st, &err) < 0)
		return lamL_fail(L, &err);
	return push_stat(L, &st);
}

/* fs.readlink(path) -> target | nil, err */
static int l_readlink(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	char target[PATH_MAX];
	ssize_t n = readlink(path, target, sizeof(target));

	if (n < 0)
		return done(L, -1, "readlink", path);
	lua_pushlstring(L, target, (size_t)n);
	return 1;
}

/* fs.symlink(target, path) -> true | nil, err */
static int l_symlink(lua_State *L)
{
	const char *path = luaL_checkstring(L, 2);

	return done(L, symlink(luaL_checkstring(L, 1), path), "symlink", path);
}

/* fs.link(from, to) -> true | nil, err: a hard link */
static int l_link(lua_State *L)
{
	const char *to = luaL_checkstring(L, 2);

	return done(L, link(luaL_checkstring(L, 1), to), "link", to);
}

/* fs.chmod(path, mode) -> true | nil, err */
static int l_chmod(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);

	return done(L, chmod(path, (mode_t)luaL_checkinteger(L, 2)), "chmod", path);
}

/* fs.chown(path, uid, gid) -> true | nil, err: of a link itself, not its target */
static int l_chown(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	uid_t uid = (uid_t)luaL_checkinteger(L, 2);

	return done(L, lchown(path, uid, (gid_t)luaL_checkinteger(L, 3)), "chown", path);
}

/* fs.utime(path, seconds[, nanoseconds]) -> true | nil, err: both times */
static int l_utime(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	struct timespec t = { .tv_sec = luaL_checkinteger(L, 2),
			      .tv_nsec = luaL_optinteger(L, 3, 0) };
	struct timespec both[2] = { t, t };

	return done(L, utimensat(AT_FDCWD, path, both, AT_SYMLINK_NOFOLLOW), "set times of", path);
}

/* fs.realpath(path) -> absolute path without links | nil, err */
static int l_realpath(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	char real[PATH_MAX];

	if (!realpath(path, real))
		return done(L, -1, "realpath", path);
	lua_pushstring(L, real);
	return 1;
}

/* fs.tmpdir(parent, prefix) -> path of a new directory, mode 0700 | nil, err */
static int l_tmpdir(lua_State *L)
{
	const char *pattern =
	    lua_pushfstring(L, "%s/%sXXXXXX", luaL_checkstring(L, 1), luaL_checkstring(L, 2));
	char path[PATH_MAX];

	luaL_argcheck(L, strlen(pattern) < sizeof(path), 1, "path too long");
	strcpy(path, pattern);
	if (!mkdtemp(path))
		return done(L, -1, "mkdir", pattern);
	lua_pushstring(L, path);
	return 1;
}

static int sync_with(int (*sync)(int), const char *path, struct lam_err *err)
{
	lam_autofd fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || sync(fd) < 0)
		return lam_err_set(err, errno, "sync %s", path);
	return 0;
}

/* fs.syncfs(path) -> true | nil, err: the whole file system that holds the path */
static int l_syncfs(lua_State *L)
{
	struct lam_err err;

	return push_done(L, sync_with(syncfs, luaL_checkstring(L, 1), &err), &err);
}

/* fs.fsync(path) -> true | nil, err: one file or directory */
static int l_fsync(lua_State *L)
{
	struct lam_err err;

	return push_done(L, sync_with(fsync, luaL_checkstring(L, 1), &err), &err);
}

/* fs.space(path) -> bytes that are free to us | nil, err */
static int l_space(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	struct statvfs st;

	if (statvfs(path, &st) < 0)
		return done(L, -1, "statfs", path);
	lua_pushinteger(L, (lua_Integer)(st.f_bavail * st.f_frsize));
	return 1;
}

/* fs.getuid() -> uid, effective uid */
static int l_getuid(lua_State *L)
{
	lua_pushinteger(L, getuid());
	lua_pushinteger(L, geteuid());
	return 2;
}

/* fs.getpid() -> pid */
static int l_getpid(lua_State *L)
{
	lua_pushinteger(L, getpid());
	return 1;
}

/* fs.boot_id() -> text that is new with each boot | nil, err */
static int l_boot_id(lua_State *L)
{
	lam_autofd fd = -1;
	char text[37] = "";
	ssize_t n;

	fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, 36);
	lam_auto_close(&fd); /* before anything that may raise */
	if (n != 36)
		return done(L, -1, "read", "the boot id");
	lua_pushlstring(L, text, 36);
	return 1;
}

/* Field 22 of proc_pid_stat(5), after the name, which may hold anything. */
static long long start_time(long pid)
{
	char path[64], text[1024], *at;
	lam_autofd fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return -1;
	text[n] = '\0';
	at = strrchr(text, ')');
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	return at ? atoll(at + 1) : -1;
}

/* fs.start_time(pid) -> clock ticks since boot, which with the pid and the boot names one
 * process for ever | nil */
static int l_start_time(lua_State *L)
{
	long long ticks = start_time((long)luaL_checkinteger(L, 1));

	if (ticks < 0)
		return 0;
	lua_pushinteger(L, ticks);
	return 1;
}

static const luaL_Reg dir_meta[] = { { "__gc", l_closedir }, { NULL, NULL } };
static const luaL_Reg none[] = { { NULL, NULL } };
static const luaL_Reg functions[] = {
	{ "mkdir", l_mkdir },
	{ "mkdirs", l_mkdirs },
	{ "rename", l_rename },
	{ "remove", l_remove },
	{ "read", l_read },
	{ "write", l_write },
	{ "list", l_list },
	{ "stat", l_stat },
	{ "readlink", l_readlink },
	{ "symlink", l_symlink },
	{ "link", l_link },
	{ "chmod", l_chmod },
	{ "chown", l_chown },
	{ "utime", l_utime },
	{ "realpath", l_realpath },
	{ "tmpdir", l_tmpdir },
	{ "syncfs", l_syncfs },
	{ "fsync", l_fsync },
	{ "space", l_space },
	{ "getuid", l_getuid },
	{ "getpid", l_getpid },
	{ "boot_id", l_boot_id },
	{ "start_time", l_start_time },
	{ NULL, NULL },
};

int luaopen_lamina_core_fs(lua_State *L)
{
	lamL_newtype(L, "lamina.dir", dir_meta, none);
	luaL_newlib(L, functions);
	lamL_file_functions(L);
	return 1;
}
