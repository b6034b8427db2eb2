/* decode.c - see decode.h */
#define _GNU_SOURCE
#include "layer/decode.h"

#include <errno.h>
#include <fcntl.h>
#include <isa-l/igzip_lib.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "base/auto.h"
#include "base/fd.h"
#include "layer/archive.h"
#include "layer/growing.h"

enum { CHUNK = 256 << 10, OUT = 1 << 20, ZSTD_WINDOW_LOG = 27 };
static const char *const names[] = { "none", "gzip", "zstd", "xz", "bzip2" };
static const uint64_t ratio_from = 64 << 20;

struct lam_decoder {
	int fd, keep;
	struct lam_decode_limits limits;
	enum lam_compression compression;
	struct lam_sha256 *in_sha, *out_sha;
	uint64_t in_size, out_size;
	unsigned char *in, *out;
	size_t in_at, in_len; /* what of `in` is still to be decompressed */
	int input_ended, is_done;
	struct inflate_state *inflate;
	int in_member; /* of a gzip file that may have several */
	ZSTD_DCtx *zstd;
	size_t zstd_rest; /* 0 between frames */
	const struct lam_archive *api;
	struct archive *raw; /* xz and bzip2, through libarchive */
	struct lam_err raw_err;
};

static const struct {
	const char *magic;
	size_t len;
	enum lam_compression compression;
} magics[] = {
	{ "\x1f\x8b", 2, LAM_COMPRESSION_GZIP },
	{ "\x28\xb5\x2f\xfd", 4, LAM_COMPRESSION_ZSTD },
	{ "\xfd"
	  "7zXZ\0",
	  6, LAM_COMPRESSION_XZ },
	{ "BZh", 3, LAM_COMPRESSION_BZIP2 },
};

/* Refills `in` once it is used up. Everything that is read is hashed and, if wanted, kept. */
static int refill(struct lam_decoder *d, struct lam_err *err)
{
	ssize_t n;

	if (d->in_at < d->in_len || d->input_ended)
		return 0;
	n = lam_growing_read(d->fd, d->in, CHUNK, d->in_size, d->limits.whole, err);
	if (n < 0)
		return -1;
	d->in_at = 0;
	d->in_len = (size_t)n;
	d->input_ended = n < CHUNK;
	d->in_size += (uint64_t)n;
	/* of a plain tar both digests are the same; the first block is read before that is known */
	if (d->compression != LAM_COMPRESSION_NONE || d->in_size == (uint64_t)n)
		lam_sha256_update(d->in_sha, d->in, (size_t)n);
	if (d->keep >= 0 && n > 0)
		return lam_fd_write_all(d->keep, d->in, (size_t)n, "the kept blob", err);
	return 0;
}

static int raw_error(struct lam_decoder *d, struct lam_err *err)
{
	if (d->raw_err.text[0]) {
		*err = d->raw_err;
		return -1;
	}
	return lam_err_set(err, EBADMSG, "%s: %s", names[d->compression],
			   lam_archive_error(d->api, d->raw));
}

static la_ssize_t raw_read(struct archive *raw, void *data, const void **buffer)
{
	struct lam_decoder *d = data;
	size_t n;

	(void)raw;
	if (refill(d, &d->raw_err) < 0)
		return -1;
	*buffer = d->in + d->in_at;
	n = d->in_len - d->in_at;
	d->in_at = d->in_len;
	return (la_ssize_t)n;
}

/* One filter, appended by name: libarchive would look for further ones of its own accord. It
 * warns where it would run a program instead of its own code, and that is none of ours. */
static int start_raw(struct lam_decoder *d, struct lam_err *err)
{
	int filter =
	    d->compression == LAM_COMPRESSION_XZ ? ARCHIVE_FILTER_XZ : ARCHIVE_FILTER_BZIP2;
	struct archive_entry *entry;

	d->api = lam_archive(err);
	if (!d->api)
		return -1;
	d->raw = d->api->archive_read_new();
	if (!d->raw)
		return lam_err_set(err, ENOMEM, "decompress");
	d->api->archive_read_support_format_raw(d->raw);
	if (d->api->archive_read_append_filter(d->raw, filter) != ARCHIVE_OK)
		return lam_err_set(err, ENOSYS, "this libarchive can't decompress %s",
				   names[d->compression]);
	if (d->api->archive_read_open2(d->raw, d, NULL, raw_read, NULL, NULL) != ARCHIVE_OK ||
	    d->api->archive_read_next_header(d->raw, &entry) != ARCHIVE_OK)
		return raw_error(d, err);
	return 0;
}

static int start(struct lam_decoder *d, struct lam_err *err)
{
	for (size_t i = 0; i < sizeof(magics) / sizeof(*magics); i++)
		if (d->in_len >= magics[i].len &&
		    memcmp(d->in, magics[i].magic, magics[i].len) == 0)
			d->compression = magics[i].compression;
	switch (d->compression) {
	case LAM_COMPRESSION_GZIP:
		d->inflate = calloc(1, sizeof(*d->inflate));
		return d->inflate ? 0 : lam_err_set(err, ENOMEM, "decompress");
	case LAM_COMPRESSION_ZSTD:
		d->zstd = ZSTD_createDCtx();
		if (!d->zstd)
			return lam_err_set(err, ENOMEM, "decompress");
		ZSTD_DCtx_setParameter(d->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG);
		return 0;
	case LAM_COMPRESSION_XZ:
	case LAM_COMPRESSION_BZIP2:
		return start_raw(d, err);
	default:
		return 0;
	}
}

struct lam_decoder *lam_decoder_new(int fd, int keep, const struct lam_decode_limits *limits,
				    struct lam_err *err)
{
	struct lam_decoder *d = calloc(1, sizeof(*d));

	if (d) {
		*d = (struct lam_decoder){ .fd = fd, .keep = keep, .limits = *limits };
		d->in = malloc(CHUNK);
		d->out = malloc(OUT);
		d->in_sha = lam_sha256_new(err);
		d->out_sha = lam_sha256_new(err);
	}
	if (!d || !d->in || !d->out || !d->in_sha || !d->out_sha) {
		lam_decoder_free(d);
		lam_err_set(err, ENOMEM, "decompress");
		return NULL;
	}
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	if (refill(d, err) < 0 || start(d, err) < 0) {
		lam_decoder_free(d);
		return NULL;
	}
	return d;
}

static ssize_t next_plain(struct lam_decoder *d, const void **data)
{
	size_t n = d->in_len - d->in_at;

	*data = d->in + d->in_at;
	d->in_at = d->in_len;
	return (ssize_t)n;
}

/* Zeros behind the last member are padding; anything else is a further member. */
static int only_zeros(const struct lam_decoder *d)
{
	for (size_t i = d->in_at; i < d->in_len; i++)
		if (d->in[i])
			return 0;
	return 1;
}

/* One call into the inflater; what it gave is in `out`. Returns how much that is. */
static ssize_t inflate_some(struct lam_decoder *d, struct lam_err *err)
{
	struct inflate_state *s = d->inflate;
	int rc;

	s->next_in = d->in + d->in_at;
	s->avail_in = (uint32_t)(d->in_len - d->in_at);
	s->next_out = d->out;
	s->avail_out = OUT;
	rc = isal_inflate(s);
	d->in_at = d->in_len - s->avail_in;
	if (rc != ISAL_DECOMP_OK && rc != ISAL_END_INPUT)
		return lam_err_set(err, EBADMSG, "gzip: damaged data (%d)", rc);
	if (s->block_state == ISAL_BLOCK_FINISH)
		d->in_member = 0;
	return OUT - (ssize_t)s->avail_out;
}

static ssize_t next_gzip(struct lam_decoder *d, struct lam_err *err)
{
	ssize_t have = 0;

	while (have == 0) {
		int is_end;

		if (refill(d, err) < 0)
			return -1;
		is_end = d->in_at == d->in_len && d->input_ended;
		if (!d->in_member && is_end)
			return 0;
		if (!d->in_member && only_zeros(d)) {
			d->in_at = d->in_len;
			continue;
		}
		if (!d->in_member) {
			isal_inflate_init(d->inflate);
			d->inflate->crc_flag = ISAL_GZIP;
			d->in_member = 1;
		}
		have = inflate_some(d, err);
		if (have == 0 && is_end && d->in_member)
			return lam_err_set(err, EBADMSG, "gzip: the end is missing");
	}
	return have;
}

static ssize_t next_zstd(struct lam_decoder *d, struct lam_err *err)
{
	ZSTD_outBuffer out = { d->out, OUT, 0 };

	while (out.pos == 0) {
		ZSTD_inBuffer in;

		if (refill(d, err) < 0)
			return -1;
		if (d->in_at == d->in_len && d->input_ended && d->zstd_rest == 0)
			return 0;
		in = (ZSTD_inBuffer){ d->in, d->in_len, d->in_at };
		d->zstd_rest = ZSTD_decompressStream(d->zstd, &out, &in);
		if (ZSTD_isError(d->zstd_rest))
			return lam_err_set(err, EBADMSG, "zstd: %s",
					   ZSTD_getErrorName(d->zstd_rest));
		if (in.pos == d->in_at && out.pos == 0 && d->input_ended)
			return lam_err_set(err, EBADMSG, "zstd: the end is missing");
		d->in_at = in.pos;
	}
	return (ssize_t)out.pos;
}

static ssize_t next_raw(struct lam_decoder *d, struct lam_err *err)
{
	la_ssize_t n = d->api->archive_read_data(d->raw, d->out, OUT);

	if (n < 0)
		return raw_error(d, err);
	while (n == 0 && !d->input_ended) { /* the digest is of everything */
		d->in_at = d->in_len;
		if (refill(d, err) < 0)
			return -1;
	}
	return (ssize_t)n;
}

static ssize_t next_decoded(struct lam_decoder *d, const void **data, struct lam_err *err)
{
	*data = d->out;
	switch (d->compression) {
	case LAM_COMPRESSION_GZIP:
		return next_gzip(d, err);
	case LAM_COMPRESSION_ZSTD:
		return next_zstd(d, err);
	case LAM_COMPRESSION_NONE:
		return refill(d, err) < 0 ? -1 : next_plain(d, data);
	default:
		return next_raw(d, err);
	}
}

static int check_limits(const struct lam_decoder *d, struct lam_err *err)
{
	if (d->out_size > d->limits.bytes)
		return lam_err_set(err, EFBIG, "larger than the limit 'bytes' of %llu",
				   (unsigned long long)d->limits.bytes);
	if (d->out_size > ratio_from && d->out_size / d->limits.ratio > d->in_size)
		return lam_err_set(err, EFBIG, "grows beyond the limit 'ratio' of %u",
				   d->limits.ratio);
	return 0;
}

ssize_t lam_decoder_next(struct lam_decoder *d, const void **data, struct lam_err *err)
{
	ssize_t n;

	if (d->is_done)
		return 0;
	n = next_decoded(d, data, err);
	if (n < 0)
		return -1;
	d->is_done = n == 0;
	d->out_size += (uint64_t)n;
	lam_sha256_update(d->out_sha, *data, (size_t)n);
	return check_limits(d, err) < 0 ? -1 : n;
}

void lam_decoder_result(struct lam_decoder *d, struct lam_decoded *out)
{
	lam_sha256_hex(d->in_sha, out->digest);
	lam_sha256_hex(d->out_sha, out->diff_id);
	if (d->compression == LAM_COMPRESSION_NONE)
		strcpy(out->digest, out->diff_id);
	out->size = d->in_size;
	out->tar_size = d->out_size;
	out->compression = d->compression;
}

const char *lam_compression_name(enum lam_compression compression)
{
	return names[compression];
}

enum lam_compression lam_decoder_compression(const struct lam_decoder *d)
{
	return d->compression;
}

void lam_decoder_free(struct lam_decoder *d)
{
	if (!d)
		return;
	if (d->raw)
		d->api->archive_read_free(d->raw);
	ZSTD_freeDCtx(d->zstd);
	free(d->inflate);
	free(d->in);
	free(d->out);
	lam_sha256_free(d->in_sha);
	lam_sha256_free(d->out_sha);
	free(d);
}
