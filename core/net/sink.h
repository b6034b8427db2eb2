/* sink.h - where the body of an answer goes: counted, hashed, held to what was promised. */
#ifndef LAM_NET_SINK_H
#define LAM_NET_SINK_H

#include "net/http.h"

struct lam_sink {
	struct lam_sha256 *sha;
	struct lam_buf *body; /* of the answer; NULL while there is an output */
	int output;
	uint64_t size, limit;
	int is_error; /* not 2xx: it is told, not wanted */
	int is_cut;   /* as much as is kept of such a one has come */
};

/* Once the status and all headers are known; `length` is what the server says, or -1. */
int lam_sink_begin(struct lam_sink *sink, const struct lam_http_request *request,
		   struct lam_http_answer *answer, int64_t length, struct lam_err *err);
/* -1 also ends the transfer where nothing has failed: is_cut. */
int lam_sink_put(struct lam_sink *sink, const void *data, size_t len, struct lam_err *err);
/* Compares what came with what was promised. */
int lam_sink_end(struct lam_sink *sink, const struct lam_http_request *request,
		 struct lam_http_answer *answer, struct lam_err *err);
void lam_sink_free(struct lam_sink *sink);

#endif
