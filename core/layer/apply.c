/* apply.c - see apply.h */
#define _GNU_SOURCE
#include "layer/apply.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <string.h>
#include <sys/xattr.h>

#include "base/auto.h"
#include "layer/attributes.h"
#include "layer/depth.h"
#include "layer/entryname.h"
#include "layer/marks.h"
#include "layer/place.h"

const struct lam_apply_limits lam_apply_limits_default = {
	.entries = 2000000,
	.bytes = UINT64_C(64) << 30,
	.ratio = 1000,
	.depth = LAM_DEPTH_MAX,
	.path = 4096,
	.xattr = 64 << 10,
	.xattrs = 256,
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
	s->failed |= n < 0;
	return n;
}

/* An entry's name for a message: control bytes are made visible by whoever prints it. */
static int entry_error(struct lam_err *err, const char *name)
{
	return lam_err_wrap(err, "entry '%.200s'", name);
}

/* The mark needs its directory, and only that. */
static int make_opaque(struct lam_placer *p, const char *path, struct timespec mtime,
		       struct lam_err *err)
{
	lam_autofd parent = -1, fd = -1;
	char name[256];

	parent = lam_place_parent(p, path, mtime, name, err);
	if (parent < 0)
		return -1;
	fd = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsetxattr(fd, lam_mark_opaque(p->how->userxattr), "y", 1, 0) < 0)
		return lam_err_set(err, errno, "mark as opaque");
	return 0;
}

static int make_whiteout(struct lam_placer *p, const char *path, struct timespec mtime,
			 struct lam_err *err)
{
	char name[256];
	lam_autofd parent = lam_place_parent(p, path, mtime, name, err);

	if (parent < 0)
		return -1;
	return lam_place_whiteout(parent, name + strlen(LAM_WHITEOUT_PREFIX), p->how->userxattr,
				  err);
}

/* AUFS writes its whiteouts as hard links to one another. */
static int check_marker(struct lam_placer *p, struct archive_entry *entry, struct lam_err *err)
{
	if (p->api->archive_entry_hardlink(entry) ||
	    p->api->archive_entry_filetype(entry) == AE_IFREG)
		return 0;
	return lam_err_set(err, EINVAL, "a whiteout is an empty file");
}

static int take_named(struct lam_placer *p, const char *path, struct archive_entry *entry,
		      struct lam_err *err)
{
	struct timespec mtime = lam_attributes_time(p, entry);
	int kind = p->how->tree ? LAM_ENTRY_ORDINARY : lam_entry_kind(path, err);

	switch (kind) {
	case LAM_ENTRY_ORDINARY:
		return lam_place(p, path, entry, err);
	case LAM_ENTRY_WHITEOUT:
		return check_marker(p, entry, err) < 0 ? -1 : make_whiteout(p, path, mtime, err);
	case LAM_ENTRY_OPAQUE:
		return check_marker(p, entry, err) < 0 ? -1 : make_opaque(p, path, mtime, err);
	case LAM_ENTRY_IGNORED:
		return 0;
	default:
		return -1;
	}
}

static int take_entry(struct lam_placer *p, struct archive_entry *entry, struct lam_err *err)
{
	const char *name = p->api->archive_entry_pathname(entry);
	char path[LAM_PATH_MAX];
	int result;

	if (!name || !*name)
		return lam_err_set(err, EINVAL, "an entry without a name that can be read");
	result = lam_entry_clean(name, &p->how->limits, path, err);
	if (result == 0)
		result = *path ? take_named(p, path, entry, err) : lam_place_root(p, entry, err);
	return result < 0 ? entry_error(err, name) : 0;
}

/* A warning means that libarchive has left something out, a sparse file's map or what isn't
 * formed as a PAX record: other readers would see another file. That a name is no UTF-8 is none: it
 * is taken as bytes. Only the last warning is known (libarchive 3.6), and names come last: where
 * one isn't UTF-8, a map that can't be read goes unseen. Of values that aren't numbers, or ACLs, it
 * says nothing at all, and takes 0. */
static int is_readable(struct lam_placer *p, int rc)
{
	return rc == ARCHIVE_OK ||
	       (rc == ARCHIVE_WARN &&
		strstr(lam_archive_error(p->api, p->archive), "can't be converted from UTF-8"));
}

static int take_entries(struct lam_placer *p, struct lam_applied *out, struct lam_err *err)
{
	struct archive_entry *entry;
	int rc;

	while ((rc = p->api->archive_read_next_header(p->archive, &entry)) != ARCHIVE_EOF) {
		if (!is_readable(p, rc))
			return lam_err_set(err, EBADMSG, "not a tar archive, or a damaged one: %s",
					   lam_archive_error(p->api, p->archive));
		if (++out->entries > p->how->limits.entries)
			return lam_err_set(err, EFBIG, "more than the limit 'entries' of %llu",
					   (unsigned long long)p->how->limits.entries);
		if (take_entry(p, entry, err) < 0)
			return -1;
		if (p->how->progress)
			p->how->progress(p->how->progress_data, p->bytes);
	}
	out->bytes = p->bytes;
	return lam_later_apply(p->later, p->root, p->how->implied, err);
}

/* What failed below libarchive is the reason for what it says. */
static int take_all(struct lam_placer *p, struct source *s, struct lam_applied *out,
		    struct lam_err *err)
{
	int result = take_entries(p, out, err);

	if (s->failed) {
		*err = s->err;
		return -1;
	}
	return result;
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
	lam_later_free(p->later);
	return result < 0 ? -1 : drain(s->decoder, err);
}

/* libarchive converts names with the locale; UTF-8 is what PAX holds. */
static locale_t use_utf8(locale_t *made)
{
	*made = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	return *made ? uselocale(*made) : (locale_t)0;
}

/* The media type has said what it is: nothing else is taken for it. */
static int check_compression(const struct lam_decoder *decoder, int wanted, struct lam_err *err)
{
	int found = lam_decoder_compression(decoder);

	if (wanted < 0 || wanted == found)
		return 0;
	return lam_err_set(err, EBADMSG, "compressed as %s, not %s", lam_compression_name(found),
			   lam_compression_name(wanted));
}

int lam_apply(int fd, int root, const struct lam_apply *how, struct lam_applied *out,
	      struct lam_err *err)
{
	const struct lam_decode_limits limits = { how->limits.bytes, how->limits.ratio,
						  how->whole };
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
	if (check_compression(source.decoder, how->compression, err) < 0) {
		lam_decoder_free(source.decoder);
		return -1;
	}
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
