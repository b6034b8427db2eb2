/* content.c - see content.h */
#define _GNU_SOURCE
#include "layer/content.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "layer/body.h"
#include "layer/links.h"

enum { PENDING = 64 << 10 };

/* Stands first in what is hashed: another form of it must give other digests. */
static const char form[] = "lamina content 1\n";

/* One digest that is being made. */
struct sum {
	struct lam_content *content;
	struct lam_content_how how;
	struct lam_buf paths; /* what was asked for, with its names, each with its NUL */
	struct lam_buf asked; /* what the filter is asked for */
	size_t index;         /* of the path at hand */
	uint32_t top;         /* its node */
	int is_sieved;        /* the filter was asked about what is below it */
	uint32_t node;        /* where the walk is */
	uint64_t entries;
	struct lam_sha256 *sha;
	struct lam_links *links;
	struct lam_buf pending; /* small pieces on their way to sha */
};

struct lam_content {
	struct lam_scan *scan;
	struct lam_bodies *bodies;
	struct sum *sum; /* one that a slice's end broke off, or NULL */
};

static void sum_free(struct sum *sum)
{
	if (!sum)
		return;
	lam_buf_free(&sum->paths);
	lam_buf_free(&sum->asked);
	lam_buf_free(&sum->pending);
	lam_links_free(sum->links);
	lam_sha256_free(sum->sha);
	free(sum);
}

struct lam_content *lam_content_new(struct lam_scan *scan, const char *memory, struct lam_err *err)
{
	struct lam_content *content = calloc(1, sizeof(*content));

	if (!content) {
		lam_err_set(err, ENOMEM, "scan");
		return NULL;
	}
	content->scan = scan;
	content->bodies = lam_bodies_new(scan, memory, err);
	if (content->bodies)
		return content;
	free(content);
	return NULL;
}

int lam_content_save(struct lam_content *content, struct lam_err *err)
{
	return lam_bodies_save(content->bodies, err);
}

void lam_content_free(struct lam_content *content)
{
	if (!content)
		return;
	sum_free(content->sum);
	lam_bodies_free(content->bodies);
	free(content);
}

static void flush(struct sum *sum)
{
	if (sum->pending.len > 0)
		lam_sha256_update(sum->sha, sum->pending.data, sum->pending.len);
	sum->pending.len = 0;
}

/* The number of the entry that was this file first, 0 where this is the first. */
static int first_link(struct sum *sum, const struct stat *st, uint64_t *number, struct lam_err *err)
{
	const char *first;
	char own[24];

	*number = 0;
	if (S_ISDIR(st->st_mode) || st->st_nlink < 2)
		return 0;
	snprintf(own, sizeof(own), "%llu", (unsigned long long)sum->entries + 1);
	first = lam_links_first(sum->links, st, own, err);
	if (!first)
		return -1;
	if (strcmp(first, own) != 0)
		*number = strtoull(first, NULL, 10);
	return 0;
}

static int put_head(struct sum *sum, uint32_t node, const struct stat *st, uint64_t link,
		    struct lam_err *err)
{
	const struct lam_content_how *how = &sum->how;
	struct lam_scan *scan = sum->content->scan;
	const char *name = node == sum->top ? "" : lam_scan_name(scan, node);
	uint32_t depth = lam_scan_depth(scan, node) - lam_scan_depth(scan, sum->top);
	uint64_t head[] = {
		htole64(depth),
		htole64(strlen(name)),
		htole64(st->st_mode),
		htole64(how->uid < 0 ? st->st_uid : (uint64_t)how->uid),
		htole64(how->gid < 0 ? st->st_gid : (uint64_t)how->gid),
		htole64(st->st_rdev),
		htole64(link),
	};

	if (lam_buf_put(&sum->pending, head, sizeof(head), err) < 0)
		return -1;
	return lam_buf_puts(&sum->pending, name, err);
}

/* Which file it is and when it was changed last, in place of what is in it. */
static int put_state(struct sum *sum, const struct stat *st, struct lam_err *err)
{
	uint64_t state[] = {
		htole64(st->st_dev),
		htole64(st->st_ino),
		htole64((uint64_t)st->st_size),
		htole64((uint64_t)st->st_mtim.tv_sec),
		htole64((uint64_t)st->st_mtim.tv_nsec),
		htole64((uint64_t)st->st_ctim.tv_sec),
		htole64((uint64_t)st->st_ctim.tv_nsec),
	};

	return S_ISDIR(st->st_mode) ? 0 : lam_buf_put(&sum->pending, state, sizeof(state), err);
}

/* What stands behind an entry's head: its state, its body, or for a further link nothing. */
static int put_rest(struct sum *sum, const struct stat *st, uint64_t link,
		    const unsigned char body[LAM_BODY], struct lam_err *err)
{
	if (sum->how.state)
		return put_state(sum, st, err);
	return link == 0 ? lam_buf_put(&sum->pending, body, LAM_BODY, err) : 0;
}

/* Depth and name in the order of a walk say as much as the path. Where the slice ends, nothing of
 * the entry is put yet. */
static int put_entry(struct sum *sum, uint32_t node, struct lam_err *err)
{
	unsigned char body[LAM_BODY];
	struct stat st;
	uint64_t link = 0;

	lam_scan_stat(sum->content->scan, node, &st);
	if (!sum->how.state) {
		if (first_link(sum, &st, &link, err) < 0)
			return -1;
		if (link == 0 && lam_bodies_find(sum->content->bodies, node, &st, body, err) < 0)
			return -1;
	}
	sum->entries++;
	if (put_head(sum, node, &st, link, err) < 0 || put_rest(sum, &st, link, body, err) < 0)
		return -1;
	if (sum->pending.len > PENDING)
		flush(sum);
	return 0;
}

/* Everything that is below: 1 when an entry is to be gone into. */
typedef int visitor(struct sum *sum, uint32_t node, struct lam_err *err);

/* From sum->node on, which stays where a visit fails. */
static int walk(struct sum *sum, visitor *visit, struct lam_err *err)
{
	struct lam_scan *scan = sum->content->scan;
	int into;

	for (; sum->node != LAM_SCAN_NONE;
	     sum->node = lam_scan_next(scan, sum->node, sum->top, into)) {
		into = lam_scan_is_kept(scan, sum->node, err);
		if (into > 0)
			into = visit(sum, sum->node, err);
		if (into > 0 && lam_scan_enter(scan, sum->node, err) < 0)
			return -1;
		if (into < 0)
			return -1;
	}
	return 0;
}

static int is_dir(const struct sum *sum, uint32_t node)
{
	struct stat st;

	lam_scan_stat(sum->content->scan, node, &st);
	return S_ISDIR(st.st_mode);
}

/* What the filter knows an entry by: "" where it isn't asked, NULL on failure. */
static const char *asked_for(struct sum *sum, uint32_t node, int dir, struct lam_err *err)
{
	const char *name = sum->how.names ? sum->how.names[sum->index] : "";
	struct lam_scan *scan = sum->content->scan;
	const char *path = "";

	if (node != sum->top)
		path = lam_scan_path(scan, node, sum->top, err);
	else if (!dir && !*name)
		path = lam_scan_path(scan, node, lam_scan_parent(scan, node), err);
	if (!path || !*name)
		return path;
	sum->asked.len = 0;
	if (lam_buf_puts(&sum->asked, name, err) < 0 ||
	    (*path && lam_buf_puts(&sum->asked, "/", err) < 0) ||
	    lam_buf_puts(&sum->asked, path, err) < 0)
		return NULL;
	return sum->asked.data;
}

/* Asks the filter; what is kept keeps the directories that it lies in. */
static int sieve(struct sum *sum, uint32_t node, struct lam_err *err)
{
	struct lam_scan *scan = sum->content->scan;
	int dir = is_dir(sum, node), verdict = LAM_SCAN_KEEP;
	const char *asked = asked_for(sum, node, dir, err);

	if (!asked)
		return -1;
	if (*asked)
		verdict = sum->how.filter(sum->how.filter_arg, asked, dir, err);
	if (verdict < 0)
		return -1;
	lam_scan_note(scan, node)->out = verdict != LAM_SCAN_KEEP;
	for (uint32_t n = node; verdict == LAM_SCAN_KEEP && n != sum->top;) {
		n = lam_scan_parent(scan, n);
		if (!lam_scan_note(scan, n)->out)
			break;
		lam_scan_note(scan, n)->out = 0;
	}
	return verdict != LAM_SCAN_PRUNE;
}

static int take(struct sum *sum, uint32_t node, struct lam_err *err)
{
	struct lam_scan *scan = sum->content->scan;

	if (sum->how.filter && lam_scan_note(scan, node)->out)
		return 0;
	if (put_entry(sum, node, err) == 0)
		return 1;
	lam_err_wrap(err, "%.200s", *lam_scan_name(scan, node) ? lam_scan_name(scan, node) : ".");
	return -1;
}

/* Finds one of the paths and asks the filter about it: its answers are forgotten with the next. */
static int begin_path(struct sum *sum, const char *path, struct lam_err *err)
{
	int result = lam_scan_find(sum->content->scan, path, &sum->top, err);

	if (result == 0)
		return lam_err_set(err, ENOENT, "%s", path);
	if (result < 0)
		return -1;
	sum->node = sum->top;
	if (sum->how.filter && walk(sum, sieve, err) < 0)
		return -1;
	sum->node = sum->top;
	sum->is_sieved = 1;
	return 0;
}

static int put_path(struct sum *sum, const char *path, struct lam_err *err)
{
	if (!sum->is_sieved && begin_path(sum, path, err) < 0)
		return -1;
	if (walk(sum, take, err) < 0)
		return -1;
	sum->is_sieved = 0;
	return 0;
}

static int make(struct sum *sum, const struct lam_content_paths *paths, char hex[LAM_SHA256_HEX],
		struct lam_err *err)
{
	for (; sum->index < paths->count; sum->index++) {
		if (put_path(sum, paths->list[sum->index], err) < 0)
			return -1;
	}
	flush(sum);
	lam_sha256_hex(sum->sha, hex);
	return 0;
}

static int put_paths(const struct lam_content_paths *paths, const char *const *names,
		     struct lam_buf *out, struct lam_err *err)
{
	for (size_t i = 0; i < paths->count; i++)
		if (lam_buf_put(out, paths->list[i], strlen(paths->list[i]) + 1, err) < 0 ||
		    (names && lam_buf_put(out, names[i], strlen(names[i]) + 1, err) < 0))
			return -1;
	return 0;
}

static struct sum *sum_new(struct lam_content *content, const struct lam_content_paths *paths,
			   const struct lam_content_how *how, struct lam_err *err)
{
	struct sum *sum = calloc(1, sizeof(*sum));

	if (!sum) {
		lam_err_set(err, ENOMEM, "scan");
		return NULL;
	}
	sum->content = content;
	sum->how = *how;
	sum->sha = lam_sha256_new(err);
	sum->links = sum->sha ? lam_links_new(err) : NULL;
	if (sum->links && put_paths(paths, how->names, &sum->paths, err) == 0 &&
	    lam_buf_put(&sum->pending, form, sizeof(form), err) == 0)
		return sum;
	sum_free(sum);
	return NULL;
}

/* Whether `text` is what comes next, and goes behind it. */
static int is_next(const char **at, const char *end, const char *text)
{
	if (*at == end || strcmp(*at, text) != 0)
		return 0;
	*at += strlen(text) + 1;
	return 1;
}

/* Whether it is the same digest that is asked for again. */
static int is_same(const struct sum *sum, const struct lam_content_paths *paths,
		   const struct lam_content_how *how)
{
	const char *at = sum->paths.data, *end = at + sum->paths.len;

	if (how->filter != sum->how.filter || how->filter_id != sum->how.filter_id ||
	    !how->names != !sum->how.names || how->uid != sum->how.uid ||
	    how->gid != sum->how.gid || how->state != sum->how.state)
		return 0;
	for (size_t i = 0; i < paths->count; i++)
		if (!is_next(&at, end, paths->list[i]) ||
		    (how->names && !is_next(&at, end, how->names[i])))
			return 0;
	return at == end;
}

int lam_content_digest(struct lam_content *content, const struct lam_content_paths *paths,
		       const struct lam_content_how *how, char hex[LAM_SHA256_HEX],
		       struct lam_err *err)
{
	struct sum *sum = content->sum;
	int result;

	content->sum = NULL;
	if (sum && !is_same(sum, paths, how)) {
		sum_free(sum);
		sum = NULL;
	}
	if (!sum)
		sum = sum_new(content, paths, how, err);
	if (!sum)
		return -1;
	sum->how = *how;
	lam_bodies_begin(content->bodies, how->slice);
	result = make(sum, paths, hex, err);
	if (result < 0 && err->num == EAGAIN)
		content->sum = sum;
	else
		sum_free(sum);
	return result;
}
