/* l_file.c - see l_file.h
 *
 *   local file <close> = assert(fs.open(path, "r"))
 *   local lock <close> = assert(fs.lock(path, "exclusive"))
 */
#define _GNU_SOURCE
#include "bind/l_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/beneath.h"
#include "base/fd.h"
#include "base/regular.h"

#define FILE_TYPE "lamina.file"
#define BUF_TYPE "lamina.buf"

enum { READ_MOST = 16 << 20 }; /* at once, whatever is asked for */

/* A descriptor; a lock is one too: the kernel drops it when the last copy is closed. */
struct file_box {
	int fd; /* -1 once closed */
};

static struct file_box *new_file(lua_State *L)
{
	struct file_box *box = lua_newuserdatauv(L, sizeof(*box), 0);

	box->fd = -1;
	luaL_setmetatable(L, FILE_TYPE);
	return box;
}

int *lamL_descriptor(lua_State *L)
{
	return &new_file(L)->fd;
}

static int check(lua_State *L)
{
	struct file_box *box = luaL_checkudata(L, 1, FILE_TYPE);

	luaL_argcheck(L, box->fd >= 0, 1, "the file is closed");
	return box->fd;
}

static int l_buf_gc(lua_State *L)
{
	lam_buf_free(luaL_checkudata(L, 1, BUF_TYPE));
	return 0;
}

struct lam_buf *lamL_buf(lua_State *L)
{
	struct lam_buf *buf = lamL_scratch(L, sizeof(*buf));

	luaL_setmetatable(L, BUF_TYPE);
	return buf;
}

static const char *const mode_names[] = { "r", "w", "rw", "a", "path", "dir", NULL };
/* openat2 takes no other flag beside O_PATH. */
static const int mode_flags[] = {
	O_RDONLY | O_NOCTTY,
	O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY,
	O_RDWR | O_CREAT | O_NOCTTY,
	O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY,
	O_PATH,
	O_RDONLY | O_DIRECTORY,
};

/* A FIFO in a tree from outside must not hold us up: the open doesn't wait, reading does. */
static int open_any(int root, const char *path, int flags, mode_t mode, struct lam_err *err)
{
	int waits = root >= 0 && !(flags & (O_PATH | O_DIRECTORY));
	int fd = lam_open_at(root, path, waits ? flags | O_NONBLOCK : flags, mode, err);

	if (fd >= 0 && waits)
		fcntl(fd, F_SETFL, flags & O_APPEND);
	return fd;
}

/* fs.open(path, "r"|"w"|"rw"|"a"|"path"|"dir"[, {root=, mode=0600, regular=, follow=true}])
 * -> file | nil, err; regular: to read a file and nothing else, no FIFO blocks, no device wakes */
static int l_open(lua_State *L)
{
	static const char *const known[] = { "root", "mode", "regular", "follow", NULL };
	const char *path = lamL_checkpath(L, 1);
	int flags = mode_flags[luaL_checkoption(L, 2, "r", mode_names)] | O_CLOEXEC;
	int root, follow, regular;
	struct file_box *box;
	struct lam_err err;
	mode_t mode;

	lamL_options(L, 3, known);
	root = lamL_rootfield(L, 3);
	mode = (mode_t)lamL_rangefield(L, 3, "mode", 0600, 0, 07777);
	follow = lamL_boolfield(L, 3, "follow", 1);
	regular = lamL_boolfield(L, 3, "regular", 0);
	box = new_file(L);
	if (regular)
		box->fd = lam_regular_open(root, path, !follow, &err);
	else
		box->fd = open_any(root, path, follow ? flags : flags | O_NOFOLLOW, mode, &err);
	return box->fd < 0 ? lamL_fail(L, &err) : 1;
}

/* fs.pipe() -> reading file, writing file | nil, err */
static int l_pipe(lua_State *L)
{
	struct file_box *reader = new_file(L), *writer = new_file(L);
	struct lam_err err;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0) {
		lam_err_set(&err, errno, "pipe");
		return lamL_fail(L, &err);
	}
	reader->fd = ends[0];
	writer->fd = ends[1];
	return 2;
}

/* fs.lock(path, "shared"|"exclusive"[, {wait=true}]) -> lock | nil, err (EAGAIN: it is held) */
static int l_lock(lua_State *L)
{
	static const char *const kinds[] = { "shared", "exclusive", NULL };
	static const char *const known[] = { "wait", NULL };
	const char *path = lamL_checkpath(L, 1);
	int op = luaL_checkoption(L, 2, "exclusive", kinds) == 0 ? LOCK_SH : LOCK_EX;
	int wait, result;
	struct file_box *box;
	struct lam_err err;

	lamL_options(L, 3, known);
	wait = lamL_boolfield(L, 3, "wait", 1);
	box = new_file(L);
	box->fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (box->fd < 0 && errno == EROFS)
		box->fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (box->fd < 0) {
		lam_err_set(&err, errno, "open %s", path);
		return lamL_fail(L, &err);
	}
	do
		result = flock(box->fd, wait ? op : op | LOCK_NB);
	while (result < 0 && errno == EINTR);
	if (result < 0) {
		lam_err_set(&err, errno, "lock %s", path);
		lam_auto_close(&box->fd);
		return lamL_fail(L, &err);
	}
	return 1;
}

/* file:fd() -> descriptor, which stays the file's */
static int l_fd(lua_State *L)
{
	lua_pushinteger(L, check(L));
	return 1;
}

/* file:read([n]) -> text, "" at the end | nil, err: at most n bytes, whatever is there */
static int l_read(lua_State *L)
{
	int fd = check(L);
	lua_Integer most = luaL_optinteger(L, 2, 65536);
	size_t n = most < READ_MOST ? (size_t)most : READ_MOST;
	luaL_Buffer buffer;
	struct lam_err err;
	ssize_t got;
	char *space;

	luaL_argcheck(L, most > 0, 2, "a positive count expected");
	space = luaL_buffinitsize(L, &buffer, n);
	do
		got = read(fd, space, n);
	while (got < 0 && errno == EINTR);
	if (got < 0) {
		lam_err_set(&err, errno, "read");
		return lamL_fail(L, &err);
	}
	luaL_pushresultsize(&buffer, (size_t)got);
	return 1;
}

/* file:write(text) -> true | nil, err: all of it */
static int l_write(lua_State *L)
{
	int fd = check(L);
	size_t len;
	const char *text = luaL_checklstring(L, 2, &len);
	struct lam_err err;

	if (lam_fd_write_all(fd, text, len, "a file", &err) < 0)
		return lamL_fail(L, &err);
	lua_pushboolean(L, 1);
	return 1;
}

/* file:seek(offset) -> true | nil, err: from the beginning */
static int l_seek(lua_State *L)
{
	struct lam_err err;

	if (lseek(check(L), luaL_checkinteger(L, 2), SEEK_SET) < 0) {
		lam_err_set(&err, errno, "seek");
		return lamL_fail(L, &err);
	}
	lua_pushboolean(L, 1);
	return 1;
}

/* file:close() - also release, __close and __gc; may run twice */
static int l_close(lua_State *L)
{
	struct file_box *box = luaL_checkudata(L, 1, FILE_TYPE);

	lam_auto_close(&box->fd);
	return 0;
}

static const luaL_Reg file_meta[] = { { "__gc", l_close }, { "__close", l_close }, { NULL, NULL } };
static const luaL_Reg file_methods[] = {
	{ "fd", l_fd },       { "read", l_read },     { "write", l_write }, { "seek", l_seek },
	{ "close", l_close }, { "release", l_close }, { NULL, NULL },
};
static const luaL_Reg buf_meta[] = { { "__gc", l_buf_gc }, { NULL, NULL } };
static const luaL_Reg none[] = { { NULL, NULL } };
/* fs.copy(from, to) -> bytes | nil, err: descriptors; from the one's position to its end */
static int l_copy(lua_State *L)
{
	int from = (int)luaL_checkinteger(L, 1), to = (int)luaL_checkinteger(L, 2);
	struct lam_err err;
	int64_t bytes = lam_fd_copy(from, to, INT64_MAX, &err);

	if (bytes < 0)
		return lamL_fail(L, &err);
	lua_pushinteger(L, bytes);
	return 1;
}

static const luaL_Reg functions[] = { { "open", l_open },
				      { "pipe", l_pipe },
				      { "lock", l_lock },
				      { "copy", l_copy },
				      { NULL, NULL } };

void lamL_file_functions(lua_State *L)
{
	lamL_newtype(L, FILE_TYPE, file_meta, file_methods);
	lamL_newtype(L, BUF_TYPE, buf_meta, none);
	luaL_setfuncs(L, functions, 0);
}
