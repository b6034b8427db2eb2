/* l_fs.c - require "lamina.core.fs": files and directories.
 *
 * Where a function takes `root` (a descriptor), the path is resolved below it as chroot would:
 * links never lead out. Everything fails with nil, err; sizes are bytes, times Unix seconds. */
#define _GNU_SOURCE
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
#include "base/regular.h"
#include "base/tree.h"
#include "bind/l_file.h"
#include "bind/l_inode.h"
#include "bind/l_scan.h"
#include "layer/names.h"

#define NAMES_TYPE "lamina.names"

enum { READ_LIMIT = 16 << 20 };

/* fs.mkdir(path[, mode=0700]) -> true | nil, err */
static int l_mkdir(lua_State *L)
{
	const char *path = lamL_checkpath(L, 1);

	return lamL_done(L, mkdir(path, lamL_optmode(L, 2, 0700)), "mkdir", path);
}

static int make_all(const char *path, mode_t mode, struct lam_err *err)
{
	lam_autofree char *copy = strdup(path);
	struct stat st;

	if (!copy)
		return lam_err_set(err, ENOMEM, "mkdir %s", path);
	for (char *at = copy + strspn(copy, "/"); *at;) {
		char *end = at + strcspn(at, "/"), cut = *end;

		*end = '\0';
		if (mkdir(copy, mode) < 0 && errno != EEXIST)
			return lam_err_set(err, errno, "mkdir %s", copy);
		*end = cut;
		at = end + strspn(end, "/");
	}
	if (stat(path, &st) < 0)
		return lam_err_set(err, errno, "mkdir %s", path);
	return S_ISDIR(st.st_mode) ? 0 : lam_err_set(err, ENOTDIR, "mkdir %s", path);
}

/* fs.mkdirs(path[, mode=0700]) -> true | nil, err: with missing parents; there already is fine */
static int l_mkdirs(lua_State *L)
{
	struct lam_err err;
	const char *path = lamL_checkpath(L, 1);
	mode_t mode = lamL_optmode(L, 2, 0700);

	return lamL_result(L, make_all(path, mode, &err), &err);
}

/* fs.rename(from, to[, {noreplace=}]) -> true | nil, err */
static int l_rename(lua_State *L)
{
	static const char *const known[] = { "noreplace", NULL };
	const char *from = lamL_checkpath(L, 1), *to = lamL_checkpath(L, 2);
	struct lam_err err;
	unsigned flags;

	lamL_options(L, 3, known);
	flags = lamL_boolfield(L, 3, "noreplace", 0) ? RENAME_NOREPLACE : 0;
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, flags) == 0)
		return lamL_result(L, 0, NULL);
	lam_err_set(&err, errno, "rename %s to %s", from, to);
	return lamL_fail(L, &err);
}

/* fs.remove(path) -> true | nil, err: a file or a whole tree; absent is fine */
static int l_remove(lua_State *L)
{
	struct lam_err err;

	return lamL_result(L, lam_tree_remove(AT_FDCWD, lamL_checkpath(L, 1), &err), &err);
}

static int read_file(int root, const char *path, size_t limit, struct lam_buf *out,
		     struct lam_err *err)
{
	lam_autofd fd = lam_regular_open(root, path, 0, err);

	return fd < 0 ? -1 : lam_fd_read_all(fd, limit, out, path, err);
}

/* fs.read(path[, {root=, limit=16 MiB}]) -> text | nil, err: regular files only, never blocks */
static int l_read(lua_State *L)
{
	static const char *const known[] = { "root", "limit", NULL };
	const char *path = lamL_checkpath(L, 1);
	struct lam_buf *buf;
	struct lam_err err;
	size_t limit;
	int root;

	lamL_options(L, 2, known);
	root = lamL_rootfield(L, 2);
	limit = (size_t)lamL_rangefield(L, 2, "limit", READ_LIMIT, 0, LLONG_MAX / 4);
	buf = lamL_buf(L);
	if (read_file(root, path, limit, buf, &err) < 0)
		return lamL_fail(L, &err);
	lua_pushlstring(L, buf->data ? buf->data : "", buf->len);
	lam_buf_free(buf);
	return 1;
}

/* Everything between the temporary file's birth and its new name. */
static int fill(int fd, const char *temp, const char *path, const char *data, size_t len,
		mode_t mode, int sync, struct lam_err *err)
{
	if (lam_fd_write_all(fd, data, len, path, err) < 0)
		return -1;
	if (fchmod(fd, mode) < 0 || (sync && fsync(fd) < 0) || rename(temp, path) < 0)
		return lam_err_set(err, errno, "write %s", path);
	return 0;
}

static int sync_parent(const char *path, struct lam_err *err)
{
	const char *slash = strrchr(path, '/');
	lam_autofree char *dir = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	lam_autofd fd = dir ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	return fd < 0 || fsync(fd) < 0 ? lam_err_set(err, errno, "sync %s", path) : 0;
}

/* In a temporary file beside it, renamed into place: a reader sees the old or the new. Its name
 * is short, so that one of 255 bytes works too. */
static int replace_file(const char *path, const char *data, size_t len, mode_t mode, int sync,
			struct lam_err *err)
{
	const char *slash = strrchr(path, '/');
	int dir = slash ? (int)(slash - path) + 1 : 0;
	lam_autofree char *temp = NULL;
	lam_autofd fd = -1;

	if (asprintf(&temp, "%.*s.new-XXXXXX", dir, path) < 0) {
		temp = NULL;
		return lam_err_set(err, ENOMEM, "write %s", path);
	}
	fd = mkostemp(temp, O_CLOEXEC);
	if (fd < 0)
		return lam_err_set(err, errno, "write %s", path);
	if (fill(fd, temp, path, data, len, mode, sync, err) < 0) {
		unlink(temp);
		return -1;
	}
	return sync ? sync_parent(path, err) : 0;
}

/* fs.write(path, data[, {mode=0600, sync=}]) -> true | nil, err: whole or not at all; with sync it
 * is on the disk, name and all, when this returns */
static int l_write(lua_State *L)
{
	static const char *const known[] = { "mode", "sync", NULL };
	const char *path = lamL_checkpath(L, 1);
	size_t len;
	const char *data = luaL_checklstring(L, 2, &len);
	struct lam_err err;
	mode_t mode;
	int sync;

	lamL_options(L, 3, known);
	mode = (mode_t)lamL_rangefield(L, 3, "mode", 0600, 0, 07777);
	sync = lamL_boolfield(L, 3, "sync", 0);
	return lamL_result(L, replace_file(path, data, len, mode, sync, &err), &err);
}

static int l_names_gc(lua_State *L)
{
	lam_names_free(luaL_checkudata(L, 1, NAMES_TYPE));
	return 0;
}

static int list(int root, const char *path, struct lam_names *names, struct lam_err *err)
{
	lam_autofd dir = lam_open_at(root, path, O_PATH | O_DIRECTORY, 0, err);

	if (dir < 0)
		return -1;
	return lam_names_read(dir, names, err) < 0 ? lam_err_wrap(err, "list %s", path) : 0;
}

/* fs.list(path[, {root=}]) -> names, sorted by their bytes | nil, err */
static int l_list(lua_State *L)
{
	static const char *const known[] = { "root", NULL };
	const char *path = lamL_checkpath(L, 1);
	struct lam_names *names;
	struct lam_err err;
	int root;

	lamL_options(L, 2, known);
	root = lamL_rootfield(L, 2);
	names = lamL_scratch(L, sizeof(*names));
	luaL_setmetatable(L, NAMES_TYPE);
	if (list(root, path, names, &err) < 0)
		return lamL_fail(L, &err);
	lua_createtable(L, names->count < INT_MAX ? (int)names->count : 0, 0);
	for (size_t i = 0; i < names->count; i++) {
		lua_pushstring(L, names->list[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lam_names_free(names);
	return 1;
}

/* fs.tmpdir(parent, prefix) -> path of a new directory, mode 0700 | nil, err */
static int l_tmpdir(lua_State *L)
{
	const char *pattern =
	    lua_pushfstring(L, "%s/%sXXXXXX", lamL_checkpath(L, 1), lamL_checkpath(L, 2));
	char path[PATH_MAX];

	if (strlen(pattern) >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return lamL_done(L, -1, "mkdir", pattern);
	}
	strcpy(path, pattern);
	if (!mkdtemp(path))
		return lamL_done(L, -1, "mkdir", pattern);
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

	return lamL_result(L, sync_with(syncfs, lamL_checkpath(L, 1), &err), &err);
}

/* fs.fsync(path) -> true | nil, err: one file or directory */
static int l_fsync(lua_State *L)
{
	struct lam_err err;

	return lamL_result(L, sync_with(fsync, lamL_checkpath(L, 1), &err), &err);
}

/* fs.space(path) -> bytes that are free to us | nil, err */
static int l_space(lua_State *L)
{
	const char *path = lamL_checkpath(L, 1);
	struct statvfs st;

	if (statvfs(path, &st) < 0)
		return lamL_done(L, -1, "statfs", path);
	lua_pushinteger(L, (lua_Integer)(st.f_bavail * st.f_frsize));
	return 1;
}

static const luaL_Reg names_meta[] = { { "__gc", l_names_gc }, { NULL, NULL } };
static const luaL_Reg none[] = { { NULL, NULL } };
static const luaL_Reg functions[] = {
	{ "mkdir", l_mkdir },   { "mkdirs", l_mkdirs }, { "rename", l_rename },
	{ "remove", l_remove }, { "read", l_read },     { "write", l_write },
	{ "list", l_list },     { "tmpdir", l_tmpdir }, { "syncfs", l_syncfs },
	{ "fsync", l_fsync },   { "space", l_space },   { NULL, NULL },
};

int luaopen_lamina_core_fs(lua_State *L)
{
	lamL_newtype(L, NAMES_TYPE, names_meta, none);
	luaL_newlib(L, functions);
	lamL_inode_functions(L);
	lamL_self_functions(L);
	lamL_file_functions(L);
	lamL_scan_functions(L);
	return 1;
}
