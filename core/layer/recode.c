/* recode.c - see recode.h */
#include "layer/recode.h"

/* Decodes to the end; what comes out goes into the encoder, if there is one. */
static int pump(struct lam_decoder *from, struct lam_encoder *to, const struct lam_recode *how,
		struct lam_err *err)
{
	const void *data;
	uint64_t done = 0;
	ssize_t n;

	while ((n = lam_decoder_next(from, &data, err)) > 0) {
		if (to && lam_encoder_put(to, data, (size_t)n, err) < 0)
			return -1;
		done += (uint64_t)n;
		if (how->progress)
			how->progress(how->progress_data, done);
	}
	return n < 0 ? -1 : 0;
}

static int recompress(struct lam_decoder *from, const struct lam_recode *how,
		      struct lam_decoded *out, struct lam_err *err)
{
	struct lam_encoder *to = lam_encoder_new(how->output, how->compression, how->level, err);
	int result;

	if (!to)
		return -1;
	result = pump(from, to, how, err);
	if (result == 0)
		result = lam_encoder_finish(to, out, err);
	lam_encoder_free(to);
	return result;
}

int lam_recode(int fd, const struct lam_recode *how, struct lam_decoded *in,
	       struct lam_decoded *out, struct lam_err *err)
{
	int keep = how->as_came ? how->output : -1;
	struct lam_decoder *from = lam_decoder_new(fd, keep, &how->limits, err);
	int result;

	if (!from)
		return -1;
	result = how->as_came ? pump(from, NULL, how, err) : recompress(from, how, out, err);
	if (result == 0)
		lam_decoder_result(from, in);
	if (result == 0 && how->as_came)
		*out = *in;
	lam_decoder_free(from);
	return result;
}
