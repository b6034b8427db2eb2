/* encode.h - where a tar that is made goes: hashed, compressed, written, in one pass.
 *
 * The same bytes in give the same bytes out: no time, name or machine is in a gzip header. */
#ifndef LAM_LAYER_ENCODE_H
#define LAM_LAYER_ENCODE_H

#include "layer/decode.h"

struct lam_encoder; /* opaque */

/* Writes to fd, which stays the caller's; -1: only digests are made. Level 0 is the default. */
struct lam_encoder *lam_encoder_new(int fd, enum lam_compression compression, int level,
				    struct lam_err *err);

int lam_encoder_put(struct lam_encoder *e, const void *data, size_t len, struct lam_err *err);

/* The end of the stream; digests and sizes as lam_decoder_result gives them. */
int lam_encoder_finish(struct lam_encoder *e, struct lam_decoded *out, struct lam_err *err);

void lam_encoder_free(struct lam_encoder *e);

#endif
