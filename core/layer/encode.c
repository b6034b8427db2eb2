/* encode.c - see encode.h */
#define _GNU_SOURCE
#include "layer/encode.h"

#include <errno.h>
#include <isa-l/igzip_lib.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/fd.h"

/* What a compressor gives depends on the pieces it gets: they are all of one size. */
enum { IN = 256 << 10, OUT = 1 << 20, ZSTD_LEVEL = 3 };

/* Of zstd's threads. A piece is as long as the window where that is longer. */
enum { MOST_WORKERS = 4, MOST_WORKED_LEVEL = 19, ZSTD_JOB = 1 << 20 };

struct lam_encoder {
	int fd;
	enum lam_compression compression;
	struct lam_sha256 *tar_sha, *out_sha;
	uint64_t tar_size, out_size;
	unsigned char *in, *out;
	size_t in_len;
	struct isal_zstream *deflate;
	ZSTD_CCtx *zstd;
};

static int write_out(struct lam_encoder *e, const void *data, size_t len, struct lam_err *err)
{
	e->out_size += len;
	if (e->compression != LAM_COMPRESSION_NONE)
		lam_sha256_update(e->out_sha, data, len);
	return e->fd < 0 ? 0 : lam_fd_write_all(e->fd, data, len, "the archive", err);
}

static const uint32_t level_sizes[] = { ISAL_DEF_LVL0_DEFAULT, ISAL_DEF_LVL1_DEFAULT,
					ISAL_DEF_LVL2_DEFAULT, ISAL_DEF_LVL3_DEFAULT };

/* The header is our own: no time, no name, no operating system (255). */
static int start_gzip(struct lam_encoder *e, int level, struct lam_err *err)
{
	static const unsigned char header[10] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255 };

	if (level < 0 || level > 3)
		return lam_err_set(err, EINVAL, "gzip level %d: 1 to 3 expected", level);
	e->deflate = calloc(1, sizeof(*e->deflate));
	if (!e->deflate)
		return lam_err_set(err, ENOMEM, "compress");
	isal_deflate_init(e->deflate);
	e->deflate->level = level ? (uint32_t)level : 1;
	e->deflate->level_buf_size = level_sizes[e->deflate->level];
	/* zeroed: ISA-L reads some of it before it writes it */
	e->deflate->level_buf = calloc(1, e->deflate->level_buf_size);
	e->deflate->gzip_flag = IGZIP_GZIP_NO_HDR;
	if (!e->deflate->level_buf)
		return lam_err_set(err, ENOMEM, "compress");
	return write_out(e, header, sizeof(header), err);
}

/* As many as this process may use. Each has tables and pieces of its own: 4 MiB at level 3. */
static int count_workers(void)
{
	cpu_set_t set;
	int count = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

	return count < MOST_WORKERS ? count : MOST_WORKERS;
}

/* What comes out depends on whether there are workers, never on how many. Each of their pieces
 * knows half of the window before it (8): all of the window would save half a percent of the size,
 * and take twice the memory. Above level 19 the windows are so long that one takes enough memory.
 * A libzstd without threads refuses all of it, and works alone. */
static void start_workers(ZSTD_CCtx *zstd, int level)
{
	if (level > MOST_WORKED_LEVEL)
		return;
	ZSTD_CCtx_setParameter(zstd, ZSTD_c_nbWorkers, count_workers());
	ZSTD_CCtx_setParameter(zstd, ZSTD_c_overlapLog, 8);
	ZSTD_CCtx_setParameter(zstd, ZSTD_c_jobSize, ZSTD_JOB);
}

static int start_zstd(struct lam_encoder *e, int level, struct lam_err *err)
{
	if (level == 0)
		level = ZSTD_LEVEL;
	e->zstd = ZSTD_createCCtx();
	if (!e->zstd)
		return lam_err_set(err, ENOMEM, "compress");
	ZSTD_CCtx_setParameter(e->zstd, ZSTD_c_compressionLevel, level);
	ZSTD_CCtx_setParameter(e->zstd, ZSTD_c_checksumFlag, 1);
	start_workers(e->zstd, level);
	return 0;
}

static int start(struct lam_encoder *e, int level, struct lam_err *err)
{
	switch (e->compression) {
	case LAM_COMPRESSION_NONE:
		return 0;
	case LAM_COMPRESSION_GZIP:
		return start_gzip(e, level, err);
	case LAM_COMPRESSION_ZSTD:
		return start_zstd(e, level, err);
	default:
		return lam_err_set(err, EINVAL, "layers are written plain, as gzip or as zstd");
	}
}

struct lam_encoder *lam_encoder_new(int fd, enum lam_compression compression, int level,
				    struct lam_err *err)
{
	struct lam_encoder *e = calloc(1, sizeof(*e));

	if (e) {
		e->fd = fd;
		e->compression = compression;
		e->in = malloc(IN);
		e->out = malloc(OUT);
		e->tar_sha = lam_sha256_new(err);
		e->out_sha = lam_sha256_new(err);
	}
	if (!e || !e->in || !e->out || !e->tar_sha || !e->out_sha) {
		lam_encoder_free(e);
		lam_err_set(err, ENOMEM, "compress");
		return NULL;
	}
	if (start(e, level, err) < 0) {
		lam_encoder_free(e);
		return NULL;
	}
	return e;
}

static int put_gzip(struct lam_encoder *e, const void *data, size_t len, int last,
		    struct lam_err *err)
{
	struct isal_zstream *s = e->deflate;

	s->next_in = (uint8_t *)(uintptr_t)data;
	s->avail_in = (uint32_t)len;
	s->end_of_stream = last ? 1 : 0;
	do {
		s->next_out = e->out;
		s->avail_out = OUT;
		if (isal_deflate(s) != COMP_OK)
			return lam_err_set(err, EIO, "gzip");
		if (write_out(e, e->out, OUT - s->avail_out, err) < 0)
			return -1;
	} while (s->avail_in > 0 || s->avail_out == 0 ||
		 (last && s->internal_state.state != ZSTATE_END));
	return 0;
}

static int put_zstd(struct lam_encoder *e, const void *data, size_t len, int last,
		    struct lam_err *err)
{
	ZSTD_inBuffer in = { data, len, 0 };
	size_t rest;

	do {
		ZSTD_outBuffer out = { e->out, OUT, 0 };

		rest =
		    ZSTD_compressStream2(e->zstd, &out, &in, last ? ZSTD_e_end : ZSTD_e_continue);
		if (ZSTD_isError(rest))
			return lam_err_set(err, EIO, "zstd: %s", ZSTD_getErrorName(rest));
		if (write_out(e, e->out, out.pos, err) < 0)
			return -1;
	} while (in.pos < in.size || (last && rest > 0));
	return 0;
}

/* Hashes a piece and passes it on while it is in the processor's cache. */
static int put_piece(struct lam_encoder *e, const void *data, size_t len, int last,
		     struct lam_err *err)
{
	lam_sha256_update(e->tar_sha, data, len);
	switch (e->compression) {
	case LAM_COMPRESSION_GZIP:
		return put_gzip(e, data, len, last, err);
	case LAM_COMPRESSION_ZSTD:
		return put_zstd(e, data, len, last, err);
	default:
		return write_out(e, data, len, err);
	}
}

static int flush(struct lam_encoder *e, int last, struct lam_err *err)
{
	size_t len = e->in_len;

	e->in_len = 0;
	return put_piece(e, e->in, len, last, err);
}

int lam_encoder_put(struct lam_encoder *e, const void *data, size_t len, struct lam_err *err)
{
	const unsigned char *at = data;

	e->tar_size += len;
	while (len > 0) {
		size_t n = len < IN - e->in_len ? len : IN - e->in_len;

		if (n == IN) { /* a whole piece need not be collected */
			if (put_piece(e, at, n, 0, err) < 0)
				return -1;
		} else {
			memcpy(e->in + e->in_len, at, n);
			e->in_len += n;
			if (e->in_len == IN && flush(e, 0, err) < 0)
				return -1;
		}
		at += n;
		len -= n;
	}
	return 0;
}

int lam_encoder_finish(struct lam_encoder *e, struct lam_decoded *out, struct lam_err *err)
{
	if (flush(e, 1, err) < 0)
		return -1;
	lam_sha256_hex(e->tar_sha, out->diff_id);
	if (e->compression == LAM_COMPRESSION_NONE)
		strcpy(out->digest, out->diff_id);
	else
		lam_sha256_hex(e->out_sha, out->digest);
	out->size = e->out_size;
	out->tar_size = e->tar_size;
	out->compression = e->compression;
	return 0;
}

void lam_encoder_free(struct lam_encoder *e)
{
	if (!e)
		return;
	if (e->deflate)
		free(e->deflate->level_buf);
	free(e->deflate);
	ZSTD_freeCCtx(e->zstd);
	lam_sha256_free(e->tar_sha);
	lam_sha256_free(e->out_sha);
	free(e->in);
	free(e->out);
	free(e);
}
