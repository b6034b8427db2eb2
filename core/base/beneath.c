/* beneath.c - see beneath.h */
#define _GNU_SOURCE
#include "base/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/path.h"

enum { MAX_LINKS = 40, TRIES = 128 };

static int never_openat2;

void lam_beneath_without_openat2(int on)
{
	never_openat2 = on;
}

/* A rename elsewhere in the tree makes the kernel give up with EAGAIN: call again. */
static int try_openat2(int root, const char *path, int flags, mode_t mode)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
		/* O_TMPFILE holds O_DIRECTORY's bit */
		.mode = flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? mode : 0,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	int fd = -1;

	if (never_openat2) {
		errno = ENOSYS;
		return -1;
	}
	for (int i = 0; i < TRIES; i++) {
		fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	return fd;
}

/* The walk: a stack of descriptors from the root down to where we are. ".." pops it, so that a
 * directory that is moved away meanwhile can't lead out of the root. */
struct walk {
	int root;
	int dirs[1024];
	int depth;
	int links;
	char rest[2 * LAM_PATH_MAX + 2]; /* what is still to be walked */
};

static int here(const struct walk *w)
{
	return w->depth > 0 ? w->dirs[w->depth - 1] : w->root;
}

static void pop(struct walk *w)
{
	if (w->depth > 0)
		close(w->dirs[--w->depth]);
}

static void leave(struct walk *w)
{
	while (w->depth > 0)
		pop(w);
}

/* Takes the next part off `rest` into name; 0 at the end. */
static int next_part(struct walk *w, char name[256])
{
	const char *at = w->rest;
	size_t n = lam_path_part(&at);

	if (n == 0)
		return 0;
	if (n > LAM_NAME_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(name, at, n);
	name[n] = '\0';
	memmove(w->rest, at + n, strlen(at + n) + 1);
	return 1;
}

static int only_slashes(const char *text)
{
	return text[strspn(text, "/")] == '\0';
}

/* Puts the link's target in front of what is left to walk. */
static int follow(struct walk *w, const char *name)
{
	char target[LAM_PATH_MAX];
	ssize_t n = readlinkat(here(w), name, target, sizeof(target) - 1);
	size_t rest = strlen(w->rest);

	if (n < 0)
		return -1;
	if (++w->links > MAX_LINKS) {
		errno = ELOOP;
		return -1;
	}
	if ((size_t)n + rest + 2 > sizeof(w->rest)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (n > 0 && target[0] == '/')
		leave(w);
	memmove(w->rest + n + (rest > 0), w->rest, rest + 1);
	memcpy(w->rest, target, (size_t)n);
	if (rest > 0)
		w->rest[n] = '/';
	return 0;
}

static int enter(struct walk *w, const char *name)
{
	int fd;

	if (strcmp(name, ".") == 0)
		return 0;
	if (strcmp(name, "..") == 0) {
		pop(w);
		return 0;
	}
	fd = openat(here(w), name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (w->depth == (int)(sizeof(w->dirs) / sizeof(*w->dirs))) {
		close(fd);
		errno = ENAMETOOLONG;
		return -1;
	}
	w->dirs[w->depth++] = fd;
	return 0;
}

static int is_link(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
}

/* The last part, nothing left behind it: opened with the caller's flags. */
static int open_last(struct walk *w, const char *name, int flags, mode_t mode)
{
	if (strcmp(name, "..") == 0) {
		pop(w);
		name = ".";
	}
	return openat(here(w), name, flags | O_NOFOLLOW | O_CLOEXEC, mode);
}

static int walk_open(struct walk *w, int flags, mode_t mode)
{
	int keeps_link = flags & O_NOFOLLOW || (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL);
	char name[256];
	int more;

	while ((more = next_part(w, name)) > 0) {
		int last = w->rest[0] == '\0';

		if (is_link(here(w), name) && !(last && keeps_link)) {
			if (follow(w, name) < 0)
				return -1;
			continue;
		}
		if (last)
			return open_last(w, name, flags, mode);
		if (only_slashes(w->rest))
			return open_last(w, name, flags | O_DIRECTORY, mode);
		if (enter(w, name) < 0)
			return -1;
	}
	return more < 0 ? -1 : openat(here(w), ".", flags | O_CLOEXEC, mode);
}

static int open_by_walking(int root, const char *path, int flags, mode_t mode)
{
	struct walk w = { .root = root };
	int fd, saved;

	if (strlen(path) >= LAM_PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(w.rest, path);
	fd = walk_open(&w, flags, mode);
	saved = errno;
	leave(&w);
	errno = saved;
	return fd;
}

static int open_beneath(int root, const char *path, int flags, mode_t mode)
{
	int fd = try_openat2(root, path, flags, mode);

	/* EPERM is what a container's filter says for an unknown call. */
	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		fd = open_by_walking(root, path, flags, mode);
	return fd;
}

int lam_beneath_open(int root, const char *path, int flags, mode_t mode, struct lam_err *err)
{
	int fd = path[0] ? open_beneath(root, path, flags, mode) : (errno = ENOENT, -1);

	return fd >= 0 ? fd : lam_err_set(err, errno, "open %s", path);
}

int lam_open_at(int root, const char *path, int flags, mode_t mode, struct lam_err *err)
{
	int fd;

	if (root >= 0)
		return lam_beneath_open(root, path, flags, mode, err);
	fd = open(path, flags | O_CLOEXEC, mode);
	return fd >= 0 ? fd : lam_err_set(err, errno, "open %s", path);
}

/* Splits off the last part: `parent` gets the rest, "." when there is none. */
static int split(const char *path, char parent[LAM_PATH_MAX], char last[256], struct lam_err *err)
{
	size_t end = strlen(path), start;

	if (end >= LAM_PATH_MAX)
		return lam_err_set(err, ENAMETOOLONG, "%.100s", path);
	while (end > 0 && path[end - 1] == '/')
		end--;
	for (start = end; start > 0 && path[start - 1] != '/'; start--)
		;
	if (end - start > LAM_NAME_MAX)
		return lam_err_set(err, ENAMETOOLONG, "%.100s", path);
	memcpy(last, path + start, end - start);
	last[end - start] = '\0';
	memcpy(parent, path, start);
	strcpy(parent + start, start > 0 ? "" : ".");
	if (end == start)
		strcpy(last, ".");
	if (strcmp(last, "..") == 0)
		return lam_err_set(err, EINVAL, "%.100s", path);
	return 0;
}

/* Opens the directory `upto`, which lies in `parent`; makes it where it is missing. */
static int open_or_make(int root, int parent, const char *upto, mode_t mode, struct lam_err *err)
{
	const char *slash = strrchr(upto, '/');
	int fd = open_beneath(root, upto, O_PATH | O_DIRECTORY, 0);

	if (fd < 0 && errno == ENOENT) {
		if (mkdirat(parent, slash ? slash + 1 : upto, mode) < 0 && errno != EEXIST)
			return lam_err_set(err, errno, "mkdir %s", upto);
		fd = open_beneath(root, upto, O_PATH | O_DIRECTORY, 0);
	}
	return fd >= 0 ? fd : lam_err_set(err, errno, "open %s", upto);
}

int lam_beneath_mkdirs(int root, const char *path, mode_t mode, struct lam_err *err)
{
	char upto[LAM_PATH_MAX];
	lam_autofd dir = open_beneath(root, path, O_PATH | O_DIRECTORY, 0);
	char *end;

	if (dir >= 0 || errno != ENOENT)
		return dir >= 0 ? lam_fd_give(&dir) : lam_err_set(err, errno, "open %s", path);
	if (lam_path_clean(path, upto, sizeof(upto), err) < 0)
		return -1;
	dir = lam_beneath_open(root, ".", O_PATH | O_DIRECTORY, 0, err);
	for (end = upto; dir >= 0 && *end;) {
		char cut;
		int next;

		end += strspn(end, "/");
		end += strcspn(end, "/");
		cut = *end;
		*end = '\0';
		next = open_or_make(root, dir, upto, mode, err);
		*end = cut;
		lam_auto_close(&dir);
		dir = next;
	}
	return lam_fd_give(&dir);
}

int lam_beneath_parent(int root, const char *path, mode_t make_parents, char last[256],
		       struct lam_err *err)
{
	char parent[LAM_PATH_MAX];

	if (split(path, parent, last, err) < 0)
		return -1;
	if (make_parents)
		return lam_beneath_mkdirs(root, parent, make_parents, err);
	return lam_beneath_open(root, parent, O_PATH | O_DIRECTORY, 0, err);
}
