/* copy.c - see copy.h */
#define _GNU_SOURCE
#include "layer/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/beneath.h"
#include "base/buf.h"
#include "layer/depth.h"
#include "layer/links.h"
#include "layer/names.h"
#include "layer/way.h"

#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* A directory on the way down. Its copy is made when something goes into it. */
struct level {
	struct level *up;
	int from;
	int to;      /* -1 while it isn't made; the top's is the walk's */
	int earlier; /* the same one of the earlier copy; -1: none */
	int is_raw;  /* `to` is no directory of an overlay */
	const char *name;
	struct stat st;
};

struct walk {
	struct lam_copy *c;
	const char *name;      /* of the source */
	struct lam_place at;   /* what its contents go into */
	struct lam_buf path;   /* of the entry at hand, relative to `from` */
	struct lam_buf target; /* the same in `to` */
	struct lam_buf key;    /* the same for hard links */
	size_t below;          /* where what `exclude` calls so begins: see judge */
	size_t top;            /* how much of `target` is the directory that is copied into */
	int is_named;          /* a failure says already of what */
};

/* The path in `to` of a directory on the way down. */
static int path_of(const struct walk *w, const struct level *at, struct lam_buf *path,
		   struct lam_err *err)
{
	if (!at->up)
		return lam_buf_put(path, w->target.data, w->top, err);
	if (path_of(w, at->up, path, err) < 0)
		return -1;
	return lam_way_append(path, at->name, err);
}

/* A new directory of an overlay is made aside. */
static int make_staged(struct walk *w, struct level *at, struct lam_err *err)
{
	lam_autobuf struct lam_buf path = LAM_BUF_INIT;
	char number[16];

	snprintf(number, sizeof(number), "%u", ++w->c->staged_count);
	if (path_of(w, at, &path, err) < 0 ||
	    w->c->place(w->c->place_data, w->c->staged_count, path.data, NULL, err) < 0)
		return -1;
	at->is_raw = 1;
	return lam_way_dir(w->c->staged, number, err);
}

static int make_copy(struct walk *w, struct level *at, struct lam_err *err)
{
	struct stat st;

	at->is_raw = at->up->is_raw;
	if (!at->is_raw && w->c->staged >= 0 &&
	    fstatat(at->up->to, at->name, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
		return make_staged(w, at, err);
	return lam_way_dir(at->up->to, at->name, err);
}

/* Goes to the directory that the source's contents go into. */
static int reach(struct walk *w, struct level *top, struct lam_err *err)
{
	struct lam_copy *c = w->c;

	if (lam_way_start(c, &w->at, err) < 0 ||
	    lam_way_go(c, &w->at, c->destination, -1, err) < 0 ||
	    (c->parents && lam_way_go(c, &w->at, w->name, c->from, err) < 0))
		return -1;
	top->to = w->at.fd;
	return 0;
}

/* Makes the copies of this directory and those above it. */
static int ensure(struct walk *w, struct level *at, struct lam_err *err)
{
	if (at->to >= 0)
		return 0;
	if (!at->up)
		return reach(w, at, err);
	if (ensure(w, at->up, err) < 0)
		return -1;
	at->to = make_copy(w, at, err);
	return at->to < 0 ? -1 : lam_clone_dir(&w->c->as, at->from, &at->st, at->to, err);
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

/* Takes what an earlier copy has, where that is the same. */
static int reuse_or_clone(struct walk *w, const struct level *at, const char *name,
			  const struct stat *st, const char *as, struct lam_err *err)
{
	struct lam_copy *c = w->c;
	int done = 0;

	if (at->is_raw && at->earlier >= 0 && S_ISREG(st->st_mode))
		done = lam_reuse(&c->reuse, &c->as, at->from, name, st, at->earlier, at->to, as,
				 w->target.data, err);
	if (done > 0)
		c->as.bytes += (uint64_t)st->st_size;
	return done != 0 ? (done < 0 ? -1 : 0)
			 : lam_clone_entry(&c->as, at->from, name, st, at->to, as, err);
}

/* The name under which hard links to a file find it: whether it was made aside, and its path. */
static int name_link(struct walk *w, const struct level *at, struct lam_err *err)
{
	w->key.len = 0;
	if (lam_buf_puts(&w->key, at->is_raw && !w->c->is_raw ? "s" : "o", err) < 0)
		return -1;
	return lam_buf_puts(&w->key, w->target.data, err);
}

/* A further link to the file `first`. Where either lies aside, the caller makes it. */
static int link_again(struct walk *w, const struct level *at, const char *first, const char *as,
		      struct lam_err *err)
{
	if (first[0] == 'o' && w->key.data[0] == 'o')
		return link_to_first(w, first + 1, at->to, as, err);
	if (!at->is_raw && faccessat(at->to, as, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return lam_err_set(err, EEXIST, "link");
	return w->c->place(w->c->place_data, 0, w->target.data, first + 1, err);
}

static int clone_or_link(struct walk *w, const struct level *at, const char *name,
			 const struct stat *st, const char *as, struct lam_err *err)
{
	const char *first = NULL;

	if (st->st_nlink > 1 && !lam_clone_leaves_out(&w->c->as, at->from, name, st)) {
		if (name_link(w, at, err) < 0)
			return -1;
		first = lam_links_first(w->c->links, st, w->key.data, err);
		if (!first)
			return -1;
		if (strcmp(first, w->key.data) != 0)
			return link_again(w, at, first, as, err);
	}
	return reuse_or_clone(w, at, name, st, as, err);
}

/* A file, link or node; w->target is where it goes. */
static int copy_leaf(struct walk *w, const struct level *at, const char *name,
		     const struct stat *st, const char *as, struct lam_err *err)
{
	int result = clone_or_link(w, at, name, st, as, err);

	if (result < 0 && err->num == EEXIST) {
		if (clear(at->to, as, err) < 0)
			return -1;
		result = clone_or_link(w, at, name, st, as, err);
	}
	if (result == 0 && w->c->progress)
		w->c->progress(w->c->progress_data, w->c->as.bytes);
	return result;
}

/* Behind the destination a target is what `parents` keeps of a path. */
static enum lam_verdict judge(struct walk *w, int is_dir, struct lam_err *err)
{
	const char *below = (w->c->parents ? w->target.data : w->path.data) + w->below;

	if (!w->c->exclude || !*below)
		return LAM_KEEP;
	return w->c->exclude(w->c->exclude_data, w->path.data, below, is_dir, err);
}

/* What is copied, and where to: `dir`, and with `parents` the name in it, else `as`. */
static int set_paths(struct walk *w, const char *path, const char *dir, const char *as,
		     struct lam_err *err)
{
	if (lam_buf_puts(&w->path, path, err) < 0 || lam_buf_puts(&w->target, "", err) < 0 ||
	    lam_way_append(&w->target, dir, err) < 0)
		return -1;
	if (!w->c->parents)
		return as ? lam_way_append(&w->target, as, err) : 0;
	if (lam_way_append(&w->target, "", err) < 0)
		return -1;
	w->below = w->target.len;
	return lam_buf_puts(&w->target, w->name, err);
}

static int copy_below(struct walk *w, struct level *at, int depth, struct lam_err *err);

static int copy_dir(struct walk *w, struct level *up, const char *name, const struct stat *st,
		    enum lam_verdict verdict, int depth, struct lam_err *err)
{
	lam_autofd from = openat(up->from, name, DIR_FLAGS);
	struct level at = {
		.up = up, .from = from, .to = -1, .earlier = -1, .name = name, .st = *st
	};
	int result;

	if (from < 0)
		return lam_err_set(err, errno, "open");
	if (lam_depth_check(depth, err) < 0)
		return -1;
	if (up->earlier >= 0)
		at.earlier = openat(up->earlier, name, DIR_FLAGS);
	result = verdict == LAM_KEEP ? ensure(w, &at, err) : 0;
	if (result == 0)
		result = copy_below(w, &at, depth, err);
	if (result == 0 && at.to >= 0)
		result = lam_way_set_time(at.to, st, err);
	lam_auto_close(&at.to);
	lam_auto_close(&at.earlier);
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
	return copy_leaf(w, at, name, &st, name, err);
}

static void cut(struct lam_buf *path, size_t len)
{
	path->len = len;
	path->data[len] = '\0';
}

/* The innermost knows best what has failed. */
static int name_failure(struct walk *w, const char *path, struct lam_err *err)
{
	if (!w->is_named)
		lam_err_wrap(err, "'%.300s'", path);
	w->is_named = 1;
	return -1;
}

static int copy_below(struct walk *w, struct level *at, int depth, struct lam_err *err)
{
	size_t path = w->path.len, target = w->target.len;
	lam_autonames names = { 0 };

	if (lam_names_read(at->from, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		if (lam_way_append(&w->path, names.list[i], err) < 0 ||
		    lam_way_append(&w->target, names.list[i], err) < 0)
			return -1;
		if (copy_one(w, at, names.list[i], depth, err) < 0)
			return name_failure(w, w->path.data, err);
		cut(&w->path, path);
		cut(&w->target, target);
	}
	return 0;
}

/* The source itself is asked for where it is part of what is kept. */
static int copy_tree(struct walk *w, const char *path, struct lam_err *err)
{
	struct lam_copy *c = w->c;
	lam_autofd from =
	    lam_beneath_open(c->from, *path ? path : ".", O_RDONLY | O_DIRECTORY, 0, err);
	lam_autofd earlier = -1;
	struct level top = { .from = from, .to = -1, .is_raw = c->is_raw };
	enum lam_verdict verdict;
	struct lam_err none;

	if (from < 0 || set_paths(w, path, c->destination, NULL, err) < 0)
		return -1;
	if (fstat(from, &top.st) < 0)
		return lam_err_set(err, errno, "stat");
	verdict = c->parents ? judge(w, 1, err) : LAM_KEEP;
	if (verdict == LAM_FAIL || verdict == LAM_PRUNE)
		return verdict == LAM_FAIL ? -1 : 0;
	if (verdict == LAM_KEEP && ensure(w, &top, err) < 0)
		return -1;
	if (!c->parents)
		w->below = w->path.len > 0 ? w->path.len + 1 : 0;
	w->top = w->target.len;
	if (c->earlier >= 0)
		earlier =
		    lam_beneath_open(c->earlier, w->target.data, O_RDONLY | O_DIRECTORY, 0, &none);
	top.earlier = earlier;
	if (copy_below(w, &top, 0, err) < 0)
		return -1;
	return top.to >= 0 ? lam_way_set_time(top.to, &top.st, err) : 0;
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

/* Goes to the directory a single file goes into. */
static int reach_parent(struct walk *w, const char *dir, struct lam_err *err)
{
	struct lam_copy *c = w->c;
	lam_autobuf struct lam_buf above = LAM_BUF_INIT;
	const char *slash = strrchr(w->name, '/');

	if (lam_way_start(c, &w->at, err) < 0 || lam_way_go(c, &w->at, dir, -1, err) < 0)
		return -1;
	if (!c->parents || !slash)
		return 0;
	if (lam_buf_put(&above, w->name, (size_t)(slash - w->name), err) < 0)
		return -1;
	return lam_way_go(c, &w->at, above.data, c->from, err);
}

static int copy_file(struct walk *w, const char *path, const struct stat *st, struct lam_err *err)
{
	lam_autobuf struct lam_buf dir = LAM_BUF_INIT;
	char last[256];
	lam_autofd parent = lam_beneath_parent(w->c->from, path, 0, last, err);
	const char *as;
	enum lam_verdict verdict;
	struct level into;

	if (parent < 0 || split(w->c, w->name, &dir, &as, err) < 0 ||
	    set_paths(w, path, dir.data, as, err) < 0)
		return -1;
	if (!w->c->parents)
		w->below = w->path.len - strlen(last);
	verdict = judge(w, 0, err);
	if (verdict != LAM_KEEP)
		return verdict == LAM_FAIL ? -1 : 0;
	if (reach_parent(w, dir.data, err) < 0)
		return -1;
	into = (struct level){ .from = parent, .to = w->at.fd, .earlier = -1 };
	if (copy_leaf(w, &into, last, st, as, err) < 0)
		return -1;
	return lam_way_set_time(w->at.fd, &w->at.st, err);
}

int lam_copy(struct lam_copy *c, const char *path, const char *name, struct lam_err *err)
{
	struct walk w = { .c = c, .name = name, .at = { .fd = -1 } };
	lam_autofd source = lam_beneath_open(c->from, *path ? path : ".", O_PATH, 0, err);
	struct stat st;
	int result;

	if (source < 0)
		return -1;
	if (fstat(source, &st) < 0)
		return lam_err_set(err, errno, "stat");
	result = S_ISDIR(st.st_mode) ? copy_tree(&w, path, err) : copy_file(&w, path, &st, err);
	if (result < 0)
		name_failure(&w, name, err);
	lam_auto_leave(&w.at);
	lam_buf_free(&w.path);
	lam_buf_free(&w.target);
	lam_buf_free(&w.key);
	return result;
}
