/* apply.c - see apply.h */
#define _GNU_SOURCE
#include "layer/apply.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "base/auto.h"
#include "base/beneath.h"
#include "base/path.h"
#include "layer/marks.h"
#include "layer/place.h"

const struct lam_apply_limits lam_apply_limits_default = {
	.entries = 2000000,
	.bytes = UINT64_C(64) << 30,
	.ratio = 1000,
	.depth = 1024,
	.path = 4096,
	.xattr = 64 << 10,
};

struct source {
	struct lam_decoder *decoder;
	struct lam_err err; /* what went wrong below libarchive */
	int failed;
};

static la_ssize_t read_decoded(struct archive *archive, void *data, const void **buffer)
{
	struct source *s = data;
	ssize_t n = lam_decoder_next(s->decoder, buffer, &s->err);

	(void)archive;
	s->failed = n < 0;
	return n;
}

/* An entry's name for a message: control bytes are made visible by whoever prints it. */
static int entry_error(struct lam_err *err, const char *name)
{
	return lam_err_wrap(err, "entry '%.200s'", name);
}

/* The name as a clean relative path, "" for the root. ".." is refused wherever it stands. */
static int clean_name(const char *name, const struct lam_apply_limits *limits, char *out,
		      struct lam_err *err)
{
	const char *at = name;
	unsigned depth = 0;
	size_t n, len = 0;

	if (strlen(name) > limits->path || strlen(name) >= LAM_PATH_MAX)
		return lam_err_set(err, ENAMETOOLONG, "longer than the limit 'path' of %u",
				   limits->path);
	for (; (n = lam_path_part(&at)) > 0; at += n) {
		if (n == 1 && at[0] == '.')
			continue;
		if (n == 2 && memcmp(at, "..", 2) == 0)
			return lam_err_set(err, EINVAL, "the name has '..' in it");
		if (n > LAM_NAME_MAX)
			return lam_err_set(err, ENAMETOOLONG, "a part of the name");
		if (++depth > limits->depth)
			return lam_err_set(err, E2BIG, "deeper than the limit 'depth' of %u",
					   limits->depth);
		if (len > 0)
			out[len++] = '/';
		memcpy(out + len, at, n);
		len += n;
	}
	out[len] = '\0';
	return 0;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* `.wh.` begins no name but that of a marker itself: else a layer could hide what it isn't. */
static int check_parents(const char *path, struct lam_err *err)
{
	const char *last = last_part(path);

	for (const char *at = path; at < last; at = strchr(at, '/') + 1)
		if (strncmp(at, LAM_WHITEOUT_PREFIX, 4) == 0)
			return lam_err_set(err, EINVAL, "below a whiteout");
	return 0;
}

static int make_opaque(struct lam_placer *p, const char *path, struct lam_err *err)
{
	char dir[LAM_PATH_MAX], self[64];
	lam_autofd fd = -1;
	size_t len = (size_t)(last_part(path) - path);

	memcpy(dir, path, len);
	strcpy(dir + len, len > 0 ? "" : ".");
	fd = lam_beneath_mkdirs(p->root, dir, 0755, err);
	if (fd < 0)
		return -1;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	if (setxattr(self, lam_mark_opaque(p->how->userxattr), "y", 1, 0) < 0)
		return lam_err_set(err, errno, "mark as opaque");
	return 0;
}

/* A marker: 1 when the entry was one, 0 when it is an ordinary name. */
static int take_marker(struct lam_placer *p, const char *path, struct lam_err *err)
{
	const char *last = last_part(path), *name = last + 4;
	lam_autofd parent = -1;
	char found[256];

	if (p->how->tree)
		return 0;
	if (check_parents(path, err) < 0)
		return -1;
	if (strncmp(last, LAM_WHITEOUT_PREFIX, 4) != 0)
		return 0;
	if (strcmp(last, LAM_WHITEOUT_OPAQUE) == 0)
		return make_opaque(p, path, err) < 0 ? -1 : 1;
	if (strncmp(name, LAM_WHITEOUT_PREFIX, 4) == 0)
		return 1; /* AUFS' own files mean nothing here */
	if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return lam_err_set(err, EINVAL, "a whiteout of nothing");
	parent = lam_beneath_parent(p->root, path, 0755, found, err);
	if (parent < 0 || lam_place_whiteout(parent, name, p->how->userxattr, err) < 0)
		return -1;
	return 1;
}

static int take_entry(struct lam_placer *p, struct archive_entry *entry, struct lam_err *err)
{
	const char *name = p->api->archive_entry_pathname(entry);
	char path[LAM_PATH_MAX];
	int marker;

	if (!name || !*name)
		return lam_err_set(err, EINVAL, "an entry without a name that can be read");
	if (clean_name(name, &p->how->limits, path, err) < 0)
		return entry_error(err, name);
	if (!*path)
		return lam_place_root(p, entry, err) < 0 ? entry_error(err, name) : 0;
	marker = take_marker(p, path, err);
	if (marker < 0 || (marker == 0 && lam_place(p, path, entry, err) < 0))
		return entry_error(err, name);
	return 0;
}

static int take_all(struct lam_placer *p, struct source *s, struct lam_applied *out,
		    struct lam_err *err)
{
	struct archive_entry *entry;
	int rc;

	while ((rc = p->api->archive_read_next_header(p->archive, &entry)) == ARCHIVE_OK ||
	       rc == ARCHIVE_WARN) {
		if (++out->entries > p->how->limits.entries)
			return lam_err_set(err, EFBIG, "more than the limit 'entries' of %llu",
					   (unsigned long long)p->how->limits.entries);
		if (take_entry(p, entry, err) < 0)
			return -1;
		if (p->how->progress)
			p->how->progress(p->how->progress_data, p->bytes);
	}
	if (s->failed) {
		*err = s->err;
		return -1;
	}
	if (rc != ARCHIVE_EOF)
		return lam_err_set(err, EBADMSG, "not a tar archive, or a damaged one: %s",
				   p->api->archive_error_string(p->archive));
	out->bytes = p->bytes;
	return lam_place_finish(p, err);
}

/* To the very end, whatever stands behind the archive's own end mark: digests cover it. */
static int drain(struct lam_decoder *decoder, struct lam_err *err)
{
	const void *data;
	ssize_t n;

	while ((n = lam_decoder_next(decoder, &data, err)) > 0)
		;
	return n < 0 ? -1 : 0;
}

static int apply_decoded(struct source *s, struct lam_placer *p, struct lam_applied *out,
			 struct lam_err *err)
{
	int result;

	p->archive = p->api->archive_read_new();
	if (!p->archive)
		return lam_err_set(err, ENOMEM, "read an archive");
	p->api->archive_read_support_format_tar(p->archive);
	if (p->api->archive_read_open2(p->archive, s, NULL, read_decoded, NULL, NULL) !=
	    ARCHIVE_OK) {
		*err = s->err;
		result = s->failed ? -1 : lam_err_set(err, EBADMSG, "not a tar archive");
	} else {
		result = take_all(p, s, out, err);
	}
	p->api->archive_read_free(p->archive);
	lam_place_free(p);
	return result < 0 ? -1 : drain(s->decoder, err);
}

/* libarchive converts names with the locale; UTF-8 is what PAX holds. */
static locale_t use_utf8(locale_t *made)
{
	*made = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	return *made ? uselocale(*made) : (locale_t)0;
}

int lam_apply(int fd, int root, const struct lam_apply *how, struct lam_applied *out,
	      struct lam_err *err)
{
	const struct lam_decode_limits limits = { how->limits.bytes, how->limits.ratio };
	struct lam_placer placer = { .root = root, .how = how, .api = lam_archive(err) };
	struct source source = { .failed = 0 };
	locale_t utf8, before;
	int result;

	*out = (struct lam_applied){ .entries = 0 };
	if (!placer.api)
		return -1;
	source.decoder = lam_decoder_new(fd, how->keep, &limits, err);
	if (!source.decoder)
		return -1;
	before = use_utf8(&utf8);
	result = apply_decoded(&source, &placer, out, err);
	if (utf8) {
		uselocale(before);
		freelocale(utf8);
	}
	if (result == 0)
		lam_decoder_result(source.decoder, &out->stream);
	lam_decoder_free(source.decoder);
	return result;
}
