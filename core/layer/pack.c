/* pack.c - see pack.h */
#define _GNU_SOURCE
#include "layer/pack.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/ahead.h"
#include "base/auto.h"
#include "base/buf.h"
#include "base/fd.h"
#include "layer/depth.h"
#include "layer/links.h"
#include "layer/marks.h"
#include "layer/names.h"
#include "layer/tarhead.h"
#include "layer/xattrs.h"

enum { BLOCK = 512, CHUNK = 1 << 20, LARGE = 16 << 20 };

struct packer {
	const struct lam_pack *how;
	struct lam_encoder *encoder;
	struct lam_buf path;    /* of the entry at hand, relative to the top */
	struct lam_buf pending; /* headers and small files, put through in large pieces */
	struct lam_links *links;
	struct lam_packed *out;
	int is_named; /* a failure says already of what */
};

static int flush(struct packer *p, struct lam_err *err)
{
	int result = lam_encoder_put(p->encoder, p->pending.data, p->pending.len, err);

	p->pending.len = 0;
	return result;
}

static int64_t entry_time(const struct packer *p, const struct stat *st)
{
	int64_t time = st->st_mtim.tv_sec;

	return p->how->epoch >= 0 && time > p->how->epoch ? p->how->epoch : time;
}

static int put_head(struct packer *p, const struct lam_tar_entry *entry, struct lam_err *err)
{
	p->out->entries++;
	if (lam_tar_head(entry, &p->pending, err) < 0)
		return -1;
	return p->pending.len >= CHUNK ? flush(p, err) : 0;
}

/* A file so large that reading beside the hashing pays for a thread. */
static int put_large(struct packer *p, int fd, uint64_t size, struct lam_err *err)
{
	struct lam_ahead *ahead = flush(p, err) < 0 ? NULL : lam_ahead_new(fd, size, err);
	const char *data;
	ssize_t n;

	if (!ahead)
		return -1;
	while ((n = lam_ahead_next(ahead, &data, err)) > 0) {
		if (lam_encoder_put(p->encoder, data, (size_t)n, err) < 0) {
			n = -1;
			break;
		}
	}
	lam_ahead_free(ahead);
	return n < 0 ? -1 : 0;
}

/* Reads straight into what is hashed. A file that is cut meanwhile fails; one that grows keeps
 * the size it had. */
static int put_small(struct packer *p, int fd, uint64_t size, struct lam_err *err)
{
	uint64_t rest = size;

	while (rest > 0) {
		size_t want = rest < CHUNK ? (size_t)rest : CHUNK;
		ssize_t n;

		if (lam_buf_reserve(&p->pending, want + BLOCK, err) < 0)
			return -1;
		/* whole pieces: what gzip makes of it depends on where they end */
		n = lam_fd_read_full(fd, p->pending.data + p->pending.len, want, "it", err);
		if (n < 0)
			return -1;
		if ((size_t)n < want)
			return lam_err_set(err, ESTALE, "read: it was cut meanwhile");
		p->pending.len += (size_t)n;
		rest -= (uint64_t)n;
		if (p->pending.len >= CHUNK && flush(p, err) < 0)
			return -1;
	}
	return 0;
}

static int put_content(struct packer *p, int fd, uint64_t size, struct lam_err *err)
{
	if (size > CHUNK)
		posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	if (size >= LARGE ? put_large(p, fd, size, err) < 0 : put_small(p, fd, size, err) < 0)
		return -1;
	if (size % BLOCK) {
		static const char zeros[BLOCK];

		if (lam_buf_put(&p->pending, zeros, BLOCK - size % BLOCK, err) < 0)
			return -1;
	}
	p->out->bytes += size;
	if (p->how->progress)
		p->how->progress(p->how->progress_data, p->out->bytes);
	return 0;
}

static struct lam_tar_entry head_of(const struct packer *p, const struct stat *st)
{
	return (struct lam_tar_entry){ .path = p->path.data,
				       .mode = st->st_mode & 07777,
				       .uid = st->st_uid,
				       .gid = st->st_gid,
				       .mtime = entry_time(p, st) };
}

/* What stands for a node that this user couldn't make (marks.h). */
static void take_stand_in(const struct lam_xattrs *x, struct lam_tar_entry *e)
{
	struct lam_mark_device device;

	if (!lam_mark_device_parse(x->device, &device))
		return;
	e->type = device.is_block ? '4' : '3';
	e->major = device.major;
	e->minor = device.minor;
	e->uid = device.uid;
	e->gid = device.gid;
	e->mode = lam_mark_device_mode(&device, e->mode);
}

static int put_file(struct packer *p, int dir, const char *name, const struct stat *st,
		    struct lam_err *err)
{
	lam_autofd fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	lam_autoxattrs xattrs = LAM_XATTRS_INIT;
	struct lam_tar_entry e = head_of(p, st);

	if (fd < 0)
		return lam_err_set(err, errno, "open");
	if (lam_xattrs_read(
		&(struct lam_xattr_source){ .fd = fd, .is_ours = lam_mark_is_believed(st) },
		&xattrs, err) < 0)
		return -1;
	e.type = '0';
	e.size = (uint64_t)st->st_size;
	e.xattrs = xattrs.list;
	e.nxattrs = xattrs.count;
	if (st->st_size == 0 && !p->how->tree)
		take_stand_in(&xattrs, &e);
	if (put_head(p, &e, err) < 0)
		return -1;
	return put_content(p, fd, e.size, err);
}

/* The head of what isn't opened to read: a link or a node. */
static int put_special(struct packer *p, int fd, const struct stat *st, struct lam_tar_entry *e,
		       struct lam_err *err)
{
	const struct lam_xattr_source from = { .fd = fd,
					       .is_path = 1,
					       .is_ours = lam_mark_is_believed(st) };
	lam_autoxattrs xattrs = LAM_XATTRS_INIT;

	if (lam_xattrs_read(&from, &xattrs, err) < 0)
		return -1;
	e->xattrs = xattrs.list;
	e->nxattrs = xattrs.count;
	return put_head(p, e, err);
}

static int put_link(struct packer *p, int fd, const struct stat *st, struct lam_err *err)
{
	struct lam_tar_entry e = head_of(p, st);
	char target[4097];
	ssize_t n = readlinkat(fd, "", target, sizeof(target) - 1);

	if (n < 0)
		return lam_err_set(err, errno, "readlink");
	target[n] = '\0';
	e.type = '2';
	e.mode = 0777;
	e.link = target;
	return put_special(p, fd, st, &e, err);
}

static int put_node(struct packer *p, int fd, const struct stat *st, struct lam_err *err)
{
	struct lam_tar_entry e = head_of(p, st);

	e.type = S_ISCHR(st->st_mode) ? '3' : S_ISBLK(st->st_mode) ? '4' : '6';
	if (!S_ISFIFO(st->st_mode)) {
		e.major = major(st->st_rdev);
		e.minor = minor(st->st_rdev);
	}
	return put_special(p, fd, st, &e, err);
}

static int put_unopened(struct packer *p, int dir, const char *name, const struct stat *st,
			struct lam_err *err)
{
	lam_autofd fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return lam_err_set(err, errno, "open");
	return S_ISLNK(st->st_mode) ? put_link(p, fd, st, err) : put_node(p, fd, st, err);
}

/* A further name of a file that is in the tar already. */
static int put_hardlink(struct packer *p, const struct stat *st, const char *first,
			struct lam_err *err)
{
	struct lam_tar_entry e = head_of(p, st);

	e.type = '1';
	e.link = first;
	return put_head(p, &e, err);
}

static int put_dir(struct packer *p, int dir, const char *name, const struct stat *st, int depth,
		   struct lam_err *err);

static int put_one(struct packer *p, int dir, const char *name, const struct stat *st, int depth,
		   struct lam_err *err)
{
	if (S_ISSOCK(st->st_mode))
		return 0; /* nobody listens on it */
	if (!S_ISDIR(st->st_mode) && st->st_nlink > 1) {
		const char *first = lam_links_first(p->links, st, p->path.data, err);

		if (!first)
			return -1;
		if (strcmp(first, p->path.data) != 0)
			return put_hardlink(p, st, first, err);
	}
	switch (st->st_mode & S_IFMT) {
	case S_IFDIR:
		return put_dir(p, dir, name, st, depth + 1, err);
	case S_IFREG:
		return put_file(p, dir, name, st, err);
	default:
		return put_unopened(p, dir, name, st, err);
	}
}

/* A mark as the tar has it: an empty file without rights or time (SEMANTICS 84). */
static int put_mark(struct packer *p, const char *prefix, const char *name, struct lam_err *err)
{
	size_t len = p->path.len;
	struct lam_tar_entry e = { .type = '0' };
	int result;

	if (lam_buf_puts(&p->path, prefix, err) < 0 || lam_buf_puts(&p->path, name, err) < 0)
		return -1;
	e.path = p->path.data;
	result = put_head(p, &e, err);
	p->path.len = len;
	p->path.data[len] = '\0';
	return result;
}

/* Few entries have to be looked at for it. */
static int names_whiteout(int dir, const struct lam_names *names, size_t index, struct lam_err *err)
{
	int type = lam_names_type(names, index);
	struct stat st;

	if (type != DT_CHR && type != DT_UNKNOWN)
		return 0;
	if (fstatat(dir, names->list[index], &st, AT_SYMLINK_NOFOLLOW) < 0)
		return lam_err_set(err, errno, "stat %s", names->list[index]);
	return lam_mark_is_whiteout(&st);
}

static int put_whiteouts(struct packer *p, int dir, const struct lam_names *names,
			 struct lam_err *err)
{
	if (lam_mark_is_opaque(dir, p->how->userxattr) &&
	    put_mark(p, LAM_WHITEOUT_OPAQUE, "", err) < 0)
		return -1;
	for (size_t i = 0; i < names->count; i++) {
		int is_whiteout = names_whiteout(dir, names, i, err);

		if (is_whiteout < 0 ||
		    (is_whiteout && put_mark(p, LAM_WHITEOUT_PREFIX, names->list[i], err) < 0))
			return -1;
	}
	return 0;
}

static int bad_name(struct packer *p, const char *name, struct lam_err *err)
{
	p->is_named = 1;
	return lam_err_set(err, EINVAL, "'%s%s' would be taken for a whiteout", p->path.data, name);
}

/* One name of the directory whose path stands in p->path (with its "/"). */
static int put_name(struct packer *p, int dir, const char *name, int depth, struct lam_err *err)
{
	size_t len = p->path.len;
	struct stat st;
	int result;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return lam_err_set(err, errno, "stat %s", name);
	if (!p->how->tree && lam_mark_is_whiteout(&st))
		return 0;
	if (!p->how->tree && strncmp(name, LAM_WHITEOUT_PREFIX, 4) == 0)
		return bad_name(p, name, err);
	if (lam_buf_puts(&p->path, name, err) < 0 ||
	    (S_ISDIR(st.st_mode) && lam_buf_puts(&p->path, "/", err) < 0))
		return -1;
	result = put_one(p, dir, name, &st, depth, err);
	if (result < 0 && !p->is_named) /* the innermost knows it best */
		lam_err_wrap(err, "'%.300s'", p->path.data);
	p->is_named = result < 0;
	p->path.len = len;
	p->path.data[len] = '\0';
	return result;
}

static int put_below(struct packer *p, int dir, int depth, struct lam_err *err)
{
	lam_autonames names;

	if (lam_names_read(dir, &names, err) < 0)
		return -1;
	if (!p->how->tree && put_whiteouts(p, dir, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++)
		if (put_name(p, dir, names.list[i], depth, err) < 0)
			return -1;
	return 0;
}

static int put_dir_head(struct packer *p, int fd, const struct stat *st, struct lam_err *err)
{
	lam_autoxattrs xattrs = LAM_XATTRS_INIT;
	struct lam_tar_entry e = head_of(p, st);

	if (lam_xattrs_read(
		&(struct lam_xattr_source){ .fd = fd, .is_ours = lam_mark_is_believed(st) },
		&xattrs, err) < 0)
		return -1;
	e.type = '5';
	e.xattrs = xattrs.list;
	e.nxattrs = xattrs.count;
	return put_head(p, &e, err);
}

static int put_dir(struct packer *p, int dir, const char *name, const struct stat *st, int depth,
		   struct lam_err *err)
{
	lam_autofd fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return lam_err_set(err, errno, "open");
	if (lam_depth_check(depth, err) < 0 || put_dir_head(p, fd, st, err) < 0)
		return -1;
	return put_below(p, fd, depth, err);
}

/* The root has no entry of its own where nothing was said about it: an image's root directory is
 * made by whoever unpacks it. Two empty blocks end the archive. */
static int put_all(struct packer *p, int dir, struct lam_err *err)
{
	static const char end[2 * BLOCK];

	if (lam_buf_puts(&p->path, "", err) < 0 || put_below(p, dir, 0, err) < 0)
		return -1;
	if (lam_buf_put(&p->pending, end, sizeof(end), err) < 0 || flush(p, err) < 0)
		return -1;
	return lam_encoder_finish(p->encoder, &p->out->stream, err);
}

int lam_pack(int dir, const struct lam_pack *how, struct lam_packed *out, struct lam_err *err)
{
	struct packer p = { .how = how, .out = out };
	int result = -1;

	*out = (struct lam_packed){ .entries = 0 };
	p.links = lam_links_new(err);
	p.encoder =
	    p.links ? lam_encoder_new(how->output, how->compression, how->level, err) : NULL;
	if (p.encoder)
		result = put_all(&p, dir, err);
	lam_encoder_free(p.encoder);
	lam_links_free(p.links);
	lam_buf_free(&p.path);
	lam_buf_free(&p.pending);
	return result;
}
