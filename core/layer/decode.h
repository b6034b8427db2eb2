/* decode.h - reading a layer as it came: verified, decompressed, counted, in one pass.
 *
 *	file -> SHA-256 of the input -> decompression -> SHA-256 of the tar -> the reader
 *
 * Compression is known by its magic bytes. The input is read to its very end, past the tar's own
 * end mark; both digests are of everything. */
#ifndef LAM_LAYER_DECODE_H
#define LAM_LAYER_DECODE_H

#include <stdint.h>
#include <sys/types.h>

#include "base/digest.h"

enum lam_compression {
	LAM_COMPRESSION_NONE,
	LAM_COMPRESSION_GZIP,
	LAM_COMPRESSION_ZSTD,
	LAM_COMPRESSION_XZ,
	LAM_COMPRESSION_BZIP2,
};

struct lam_decode_limits {
	uint64_t bytes; /* of decompressed data */
	unsigned ratio; /* decompressed to compressed, beyond the first 64 MiB */
	uint64_t whole; /* what the input grows to while it is read; 0: it is all there */
};

struct lam_decoder; /* opaque */

/* Reads from fd, which stays the caller's. `keep` >= 0 gets a copy of the input. */
struct lam_decoder *lam_decoder_new(int fd, int keep, const struct lam_decode_limits *limits,
				    struct lam_err *err);

/* The next decompressed bytes, valid until the next call; 0 at the end, -1 on failure. */
ssize_t lam_decoder_next(struct lam_decoder *d, const void **data, struct lam_err *err);

/* Once the end was reached: digests and sizes of what came in and what came out. */
struct lam_decoded {
	char digest[LAM_SHA256_HEX], diff_id[LAM_SHA256_HEX];
	uint64_t size, tar_size;
	enum lam_compression compression;
};
void lam_decoder_result(struct lam_decoder *d, struct lam_decoded *out);

/* "none", "gzip", ... */
const char *lam_compression_name(enum lam_compression compression);

enum lam_compression lam_decoder_compression(const struct lam_decoder *d);

void lam_decoder_free(struct lam_decoder *d);

#endif
