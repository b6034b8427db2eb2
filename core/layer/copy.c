/* copy.c - see copy.h */
#define _GNU_SOURCE
#include "layer/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/auto.h"
#include "base/beneath.h"
#include "base/buf.h"
#include "layer/links.h"
#include "layer/mode.h"
#include "layer/names.h"

enum { DEPTH = 1024 };

#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* A directory on the way down. Its copy is made when something goes into it. */
struct level {
	struct level *up;
	int from;
	int to; /* -1 while it isn't made */
	const char *name;
	struct stat st;
};

struct walk {
	struct lam_copy *c;
	struct lam_buf path;   /* of the entry at hand, relative to `from` */
	struct lam_buf target; /* the same in `to` */
	size_t below;          /* where the part of `path` begins that is relative to the source */
};

/* The directory `name` in `to`, made where it is missing. */
static int open_or_make(int to, const char *name, struct lam_err *err)
{
	int fd;

	if (mkdirat(to, name, 0700) < 0 && errno != EEXIST)
		return lam_err_set(err, errno, "mkdir");
	fd = openat(to, name, DIR_FLAGS);
	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
		return lam_err_set(err, 0, "a directory can't replace the file that is there");
	return fd >= 0 ? fd : lam_err_set(err, errno, "open");
}

/* Makes the copies of this directory and those above it. */
static int ensure(struct walk *w, struct level *at, struct lam_err *err)
{
	if (at->to >= 0)
		return 0;
	if (ensure(w, at->up, err) < 0)
		return -1;
	at->to = open_or_make(at->up->to, at->name, err);
	return at->to < 0 ? -1 : lam_clone_dir(&w->c->as, at->from, &at->st, at->to, err);
}

static int set_time(int dir, const struct stat *st, struct lam_err *err)
{
	const struct timespec times[2] = { { 0, UTIME_OMIT }, st->st_mtim };

	return futimens(dir, times) < 0 ? lam_err_set(err, errno, "times") : 0;
}

static int link_to_first(struct walk *w, const char *first, int to, const char *name,
			 struct lam_err *err)
{
	char last[256];
	lam_autofd parent = lam_beneath_parent(w->c->to, first, 0, last, err);

	if (parent < 0)
		return -1;
	return linkat(parent, last, to, name, 0) < 0 ? lam_err_set(err, errno, "link") : 0;
}

/* What is in the way is taken away; a directory isn't. */
static int clear(int to, const char *name, struct lam_err *err)
{
	if (unlinkat(to, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno == EISDIR || errno == EPERM || errno == ENOTEMPTY)
		return lam_err_set(err, 0, "a file can't replace the directory that is there");
	return lam_err_set(err, errno, "replace");
}

static int clone_or_link(struct walk *w, int from, const char *name, const struct stat *st, int to,
			 const char *as, struct lam_err *err)
{
	const char *first = NULL;

	if (st->st_nlink > 1) {
		first = lam_links_first(w->c->links, st, w->target.data, err);
		if (!first)
			return -1;
		if (strcmp(first, w->target.data) != 0)
			return link_to_first(w, first, to, as, err);
	}
	return lam_clone_entry(&w->c->as, from, name, st, to, as, err);
}

/* A file, link or node; w->target is where it goes. */
static int copy_leaf(struct walk *w, int from, const char *name, const struct stat *st, int to,
		     const char *as, struct lam_err *err)
{
	int result = clone_or_link(w, from, name, st, to, as, err);

	if (result < 0 && err->num == EEXIST) {
		if (clear(to, as, err) < 0)
			return -1;
		result = clone_or_link(w, from, name, st, to, as, err);
	}
	if (result == 0 && w->c->progress)
		w->c->progress(w->c->progress_data, w->c->as.bytes);
	return result;
}

static enum lam_verdict judge(struct walk *w, int is_dir, struct lam_err *err)
{
	if (!w->c->exclude)
		return LAM_KEEP;
	return w->c->exclude(w->c->exclude_data, w->path.data, w->path.data + w->below, is_dir,
			     err);
}

static int copy_below(struct walk *w, struct level *at, int depth, struct lam_err *err);

static int copy_dir(struct walk *w, struct level *up, const char *name, const struct stat *st,
		    enum lam_verdict verdict, int depth, struct lam_err *err)
{
	lam_autofd from = openat(up->from, name, DIR_FLAGS);
	struct level at = { .up = up, .from = from, .to = -1, .name = name, .st = *st };
	int result;

	if (from < 0)
		return lam_err_set(err, errno, "open");
	if (depth >= DEPTH)
		return lam_err_set(err, E2BIG, "deeper than the limit 'depth' of %d", DEPTH);
	result = verdict == LAM_KEEP ? ensure(w, &at, err) : 0;
	if (result == 0)
		result = copy_below(w, &at, depth, err);
	if (result == 0 && at.to >= 0)
		result = set_time(at.to, st, err);
	lam_auto_close(&at.to);
	return result;
}

static int copy_one(struct walk *w, struct level *at, const char *name, int depth,
		    struct lam_err *err)
{
	enum lam_verdict verdict;
	struct stat st;

	if (fstatat(at->from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return lam_err_set(err, errno, "stat");
	verdict = judge(w, S_ISDIR(st.st_mode), err);
	if (verdict == LAM_FAIL)
		return -1;
	if (verdict == LAM_PRUNE)
		return 0;
	if (S_ISDIR(st.st_mode))
		return copy_dir(w, at, name, &st, verdict, depth + 1, err);
	if (verdict == LAM_SKIP)
		return 0;
	if (ensure(w, at, err) < 0)
		return -1;
	return copy_leaf(w, at->from, name, &st, at->to, name, err);
}

static int append(struct lam_buf *path, const char *name, struct lam_err *err)
{
	if (path->len > 0 && path->data[path->len - 1] != '/' && lam_buf_puts(path, "/", err) < 0)
		return -1;
	return lam_buf_puts(path, name, err);
}

static void cut(struct lam_buf *path, size_t len)
{
	path->len = len;
	path->data[len] = '\0';
}

static int copy_below(struct walk *w, struct level *at, int depth, struct lam_err *err)
{
	size_t path = w->path.len, target = w->target.len;
	lam_autonames names = { 0 };

	if (lam_names_read(at->from, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		if (append(&w->path, names.list[i], err) < 0 ||
		    append(&w->target, names.list[i], err) < 0)
			return -1;
		if (copy_one(w, at, names.list[i], depth, err) < 0) {
			if (!strchr(err->text, '\''))
				lam_err_wrap(err, "'%.300s'", w->path.data);
			return -1;
		}
		cut(&w->path, path);
		cut(&w->target, target);
	}
	return 0;
}

/* A directory that is made only to hold what is copied has the owner and mode that --chown and
 * an octal --chmod say (SEMANTICS 51, 53), and no time of its own, so that it is the same every
 * day. One on the way of `parents` is as its model `like`. */
static int dress(const struct lam_copy *c, int dir, int like, struct stat *st, struct lam_err *err)
{
	struct lam_clone as = c->as;

	*st = (struct stat){ .st_mode = S_IFDIR | 0755 };
	if (like >= 0 && fstat(like, st) < 0)
		return lam_err_set(err, errno, "stat");
	if (like < 0 && as.chmod && !lam_mode_is_octal(as.chmod))
		as.chmod = NULL;
	return lam_clone_dir(&as, like >= 0 ? like : dir, st, dir, err);
}

/* A directory on the way to where something goes, and the times it is to have in the end. */
struct place {
	int fd;
	struct stat st;
};

static void auto_leave(struct place *at)
{
	lam_auto_close(&at->fd);
}

#define autoplace __attribute__((cleanup(auto_leave))) struct place

/* One step down, made where it is missing. */
static int step_down(const struct lam_copy *c, struct place *at, const char *name, int like,
		     struct lam_err *err)
{
	autoplace next = { .fd = openat(at->fd, name, DIR_FLAGS) };

	if (next.fd < 0 && errno != ENOENT)
		return lam_err_set(err, errno == ENOTDIR || errno == ELOOP ? 0 : errno,
				   "'%.200s' is there, and is no directory", name);
	if (next.fd >= 0) {
		if (fstat(next.fd, &next.st) < 0)
			return lam_err_set(err, errno, "stat '%.200s'", name);
	} else {
		next.fd = open_or_make(at->fd, name, err);
		if (next.fd < 0 || dress(c, next.fd, like, &next.st, err) < 0 ||
		    set_time(next.fd, &next.st, err) < 0 || set_time(at->fd, &at->st, err) < 0)
			return -1;
	}
	lam_auto_close(&at->fd);
	at->fd = lam_fd_give(&next.fd);
	at->st = next.st;
	return 0;
}

/* Goes down every element of `path`. With `models`, a directory that is made is as the one of
 * the same path there. */
static int go_down(const struct lam_copy *c, struct place *at, const char *path, int models,
		   struct lam_err *err)
{
	lam_autobuf struct lam_buf way = LAM_BUF_INIT;

	for (const char *part = path + strspn(path, "/"); *part;) {
		size_t len = strcspn(part, "/");
		lam_autofd like = -1;

		if (append(&way, "", err) < 0 || lam_buf_put(&way, part, len, err) < 0)
			return -1;
		if (models >= 0) {
			like = lam_beneath_open(models, way.data, O_RDONLY | O_DIRECTORY, 0, err);
			if (like < 0)
				return -1;
		}
		if (step_down(c, at, way.data + way.len - len, like, err) < 0)
			return -1;
		part += len;
		part += strspn(part, "/");
	}
	return 0;
}

static int start(const struct lam_copy *c, struct place *at, struct lam_err *err)
{
	at->fd = openat(c->to, ".", DIR_FLAGS);
	if (at->fd < 0 || fstat(at->fd, &at->st) < 0)
		return lam_err_set(err, errno, "open the destination's root");
	return 0;
}

static int copy_tree(struct walk *w, const char *path, const char *name, struct lam_err *err)
{
	struct lam_copy *c = w->c;
	const char *where = *path ? path : ".";
	lam_autofd from = lam_beneath_open(c->from, where, O_RDONLY | O_DIRECTORY, 0, err);
	autoplace at = { .fd = -1 };
	struct level top = { .from = from };

	if (from < 0 || start(c, &at, err) < 0 || go_down(c, &at, c->destination, -1, err) < 0)
		return -1;
	if (c->parents && go_down(c, &at, name, c->from, err) < 0)
		return -1;
	if (fstat(from, &top.st) < 0)
		return lam_err_set(err, errno, "stat");
	top.to = at.fd;
	if (lam_buf_puts(&w->path, path, err) < 0 || lam_buf_puts(&w->target, "", err) < 0 ||
	    append(&w->target, c->destination, err) < 0 ||
	    (c->parents && append(&w->target, name, err) < 0))
		return -1;
	w->below = w->path.len > 0 ? w->path.len + 1 : 0;
	return copy_below(w, &top, 0, err) < 0 ? -1 : set_time(at.fd, &top.st, err);
}

/* Where a single file goes: the directory's path and the name in it. */
static int split(const struct lam_copy *c, const char *name, struct lam_buf *dir, const char **as,
		 struct lam_err *err)
{
	size_t len = strlen(c->destination);
	const char *base = strrchr(name, '/');
	lam_autofd there = -1;

	base = base ? base + 1 : name;
	there = lam_beneath_open(c->to, c->destination, O_PATH | O_DIRECTORY, 0, err);
	*as = base;
	if (there >= 0 || c->parents || c->destination[len - 1] == '/')
		return lam_buf_puts(dir, c->destination, err);
	*as = strrchr(c->destination, '/') + 1;
	return lam_buf_put(dir, c->destination, (size_t)(*as - c->destination), err);
}

static int copy_file(struct walk *w, const char *path, const char *name, const struct stat *st,
		     struct lam_err *err)
{
	struct lam_copy *c = w->c;
	lam_autobuf struct lam_buf dir = LAM_BUF_INIT, above = LAM_BUF_INIT;
	autoplace at = { .fd = -1 };
	char last[256];
	lam_autofd parent = lam_beneath_parent(c->from, path, 0, last, err);
	const char *as;
	enum lam_verdict verdict;

	if (parent < 0 || lam_buf_puts(&w->path, path, err) < 0)
		return -1;
	w->below = w->path.len - strlen(last);
	verdict = judge(w, 0, err);
	if (verdict != LAM_KEEP)
		return verdict == LAM_FAIL ? -1 : 0;
	if (split(c, name, &dir, &as, err) < 0 || start(c, &at, err) < 0 ||
	    go_down(c, &at, dir.data, -1, err) < 0)
		return -1;
	if (lam_buf_puts(&w->target, dir.data, err) < 0)
		return -1;
	if (c->parents && strrchr(name, '/')) {
		if (lam_buf_put(&above, name, (size_t)(strrchr(name, '/') - name), err) < 0 ||
		    go_down(c, &at, above.data, c->from, err) < 0 ||
		    append(&w->target, above.data, err) < 0)
			return -1;
	}
	if (append(&w->target, as, err) < 0 || copy_leaf(w, parent, last, st, at.fd, as, err) < 0)
		return -1;
	return set_time(at.fd, &at.st, err);
}

int lam_copy(struct lam_copy *c, const char *path, const char *name, struct lam_err *err)
{
	struct walk w = { .c = c };
	lam_autofd source = lam_beneath_open(c->from, *path ? path : ".", O_PATH, 0, err);
	struct stat st;
	int result;

	if (source < 0)
		return -1;
	if (fstat(source, &st) < 0)
		return lam_err_set(err, errno, "stat");
	result = S_ISDIR(st.st_mode) ? copy_tree(&w, path, name, err)
				     : copy_file(&w, path, name, &st, err);
	if (result < 0 && !strchr(err->text, '\''))
		lam_err_wrap(err, "'%.300s'", name);
	lam_buf_free(&w.path);
	lam_buf_free(&w.target);
	return result;
}
