/* recode.h - a layer's blob is verified and written on: as it is, or compressed in another way.
 *
 * No tree is made of it. Both digests are those of everything that was read. */
#ifndef LAM_LAYER_RECODE_H
#define LAM_LAYER_RECODE_H

#include "layer/encode.h"

struct lam_recode {
	int output;  /* descriptor, or -1: it is only read */
	int as_came; /* the bytes of the input; else in the compression below */
	enum lam_compression compression;
	int level;
	struct lam_decode_limits limits;
	void (*progress)(void *data, uint64_t done);
	void *progress_data;
};

/* Reads fd to its end. `in` says what came, `out` what was written (the same when as it came). */
int lam_recode(int fd, const struct lam_recode *how, struct lam_decoded *in,
	       struct lam_decoded *out, struct lam_err *err);

#endif
