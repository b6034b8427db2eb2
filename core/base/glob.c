/* glob.c - see glob.h
 *
 * lua/lamina/util/glob.lua answers the same for whole names; the specs run the same cases. */
#include "base/glob.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

enum { WRONG = 0xFFFD };

enum kind { BYTE, ANY, STAR, CLASS, NEGATED, END };

struct item {
	uint32_t kind; /* enum kind */
	uint32_t from; /* BYTE: the byte; a class: its first range */
	uint32_t to;   /* a class: behind its last range */
};

struct range {
	uint32_t low, high;
};

struct lam_glob {
	struct lam_buf items;  /* of struct item, an END behind each name */
	struct lam_buf ranges; /* of struct range */
	struct lam_buf starts; /* of uint32_t: where each name's items begin */
};

/* The character at `s`: code point and width. A wrong byte counts as U+FFFD, width 1. */
static uint32_t rune_at(const char *s, size_t *width)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *u = (const unsigned char *)s;
	size_t n = u[0] < 0x80 ? 1 : u[0] < 0xC0 ? 0 : u[0] < 0xE0 ? 2 : u[0] < 0xF0 ? 3 : 4;
	uint32_t code = u[0];

	*width = 1;
	if (n == 1)
		return code;
	if (n == 0 || u[0] > 0xF4)
		return WRONG;
	code = u[0] & (0xFFu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((u[i] & 0xC0) != 0x80) /* the NUL at the end, too */
			return WRONG;
		code = code << 6 | (u[i] & 0x3F);
	}
	if (code < least[n] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
		return WRONG;
	*width = n;
	return code;
}

/* One end of a range; 0 where there is none. */
static int read_bound(const char **at, uint32_t *code)
{
	size_t width;

	if (**at == '-' || **at == ']')
		return 0;
	if (**at == '\\')
		(*at)++;
	if (!**at)
		return 0;
	*code = rune_at(*at, &width);
	if (*code == WRONG && width == 1)
		return 0;
	*at += width;
	return 1;
}

/* Reads a class from behind its "[": 1, 0 where it is malformed, -1 without memory. */
static int read_class(struct lam_glob *glob, const char **at, struct item *item,
		      struct lam_err *err)
{
	struct range range;

	item->kind = **at == '^' ? NEGATED : CLASS;
	*at += **at == '^';
	item->from = (uint32_t)(glob->ranges.len / sizeof(range));
	do {
		if (!read_bound(at, &range.low))
			return 0;
		range.high = range.low;
		if (**at == '-') {
			(*at)++;
			if (!read_bound(at, &range.high))
				return 0;
		}
		if (lam_buf_put(&glob->ranges, &range, sizeof(range), err) < 0)
			return -1;
	} while (**at != ']');
	(*at)++;
	item->to = (uint32_t)(glob->ranges.len / sizeof(range));
	return 1;
}

static int begin_name(struct lam_glob *glob, struct lam_err *err)
{
	uint32_t start = (uint32_t)(glob->items.len / sizeof(struct item));

	return lam_buf_put(&glob->starts, &start, sizeof(start), err);
}

static int put_item(struct lam_glob *glob, const struct item *item, struct lam_err *err)
{
	return lam_buf_put(&glob->items, item, sizeof(*item), err);
}

/* 1, 0 where the pattern is malformed, -1 without memory. */
static int compile(struct lam_glob *glob, const char *at, struct lam_err *err)
{
	static const struct item end = { .kind = END };

	if (begin_name(glob, err) < 0)
		return -1;
	while (*at) {
		struct item item = { .kind = BYTE };
		char c = *at++;
		int result;

		if (c == '[') {
			result = read_class(glob, &at, &item, err);
			if (result <= 0)
				return result;
		} else if (c == '*' || c == '?') {
			item.kind = c == '*' ? STAR : ANY;
		} else {
			if (c == '\\' && !*at)
				return 0;
			item.from = (unsigned char)(c == '\\' ? *at++ : c);
		}
		if (item.kind == BYTE && item.from == '/') {
			if (put_item(glob, &end, err) < 0 || begin_name(glob, err) < 0)
				return -1;
		} else if (put_item(glob, &item, err) < 0) {
			return -1;
		}
	}
	return put_item(glob, &end, err) < 0 ? -1 : 1;
}

struct lam_glob *lam_glob_new(const char *pattern, struct lam_err *err)
{
	struct lam_glob *glob = calloc(1, sizeof(*glob));
	int result;

	if (!glob) {
		lam_err_set(err, ENOMEM, "pattern");
		return NULL;
	}
	result = compile(glob, pattern, err);
	if (result > 0)
		return glob;
	if (result == 0) {
		lam_err_set(err, 0,
			    "'%s' is a malformed pattern: an unclosed '[', or nothing "
			    "behind '\\'",
			    pattern);
		err->num = EINVAL;
	}
	lam_glob_free(glob);
	return NULL;
}

size_t lam_glob_depth(const struct lam_glob *glob)
{
	return glob->starts.len / sizeof(uint32_t);
}

static int in_class(const struct lam_glob *glob, const struct item *item, uint32_t code)
{
	const struct range *ranges = (const void *)glob->ranges.data;

	for (uint32_t i = item->from; i < item->to; i++)
		if (ranges[i].low <= code && code <= ranges[i].high)
			return item->kind == CLASS;
	return item->kind == NEGATED;
}

/* How many bytes of the name one item takes; 0: it doesn't match. */
static size_t step(const struct lam_glob *glob, const struct item *item, const char *name)
{
	size_t width;
	uint32_t code;

	if (!*name || item->kind == END)
		return 0;
	if (item->kind == BYTE)
		return (unsigned char)*name == item->from;
	code = rune_at(name, &width);
	return item->kind == ANY || in_class(glob, item, code) ? width : 0;
}

int lam_glob_name(const struct lam_glob *glob, size_t at, const char *name)
{
	const struct item *item = (const void *)glob->items.data, *star = NULL;
	const char *resume = name;

	item += ((const uint32_t *)(const void *)glob->starts.data)[at];
	while (item->kind != END || *name) {
		size_t width;

		if (item->kind == STAR) {
			star = ++item;
			resume = name;
		} else if ((width = step(glob, item, name)) > 0) {
			item++;
			name += width;
		} else if (star && *resume) {
			item = star;
			name = ++resume;
		} else {
			return 0;
		}
	}
	return 1;
}

void lam_glob_free(struct lam_glob *glob)
{
	if (!glob)
		return;
	lam_buf_free(&glob->items);
	lam_buf_free(&glob->ranges);
	lam_buf_free(&glob->starts);
	free(glob);
}
