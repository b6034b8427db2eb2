/* sink.c - see sink.h */
#define _GNU_SOURCE
#include "net/sink.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

enum { ERROR_LIMIT = 64 << 10, BLOCK = 64 << 10 };

static int too_long(uint64_t limit, struct lam_err *err)
{
	lam_err_set(err, 0, "the answer is longer than %" PRIu64 " bytes", limit);
	err->num = EFBIG;
	return -1;
}

/* Hashes what an earlier try has left, so that the whole is verified. */
static int read_earlier(struct lam_sink *sink, uint64_t count, struct lam_err *err)
{
	unsigned char block[BLOCK];

	if (lseek(sink->output, 0, SEEK_SET) < 0)
		return lam_err_set(err, errno, "seek in the output");
	while (sink->size < count) {
		uint64_t left = count - sink->size;
		size_t want = left < sizeof(block) ? (size_t)left : sizeof(block);
		ssize_t n = lam_fd_read_full(sink->output, block, want, "the output", err);

		if (n < 0)
			return -1;
		if ((size_t)n < want)
			return lam_err_set(err, 0, "the output has less than is to be resumed");
		lam_sha256_update(sink->sha, block, want);
		sink->size += want;
	}
	if (ftruncate(sink->output, (off_t)count) < 0)
		return lam_err_set(err, errno, "truncate the output");
	return 0;
}

/* What an earlier try has left in a file isn't of this answer; a pipe has nothing of it. */
static int restart(struct lam_sink *sink, struct lam_err *err)
{
	struct stat st;

	if (fstat(sink->output, &st) == 0 && !S_ISREG(st.st_mode))
		return 0;
	if (ftruncate(sink->output, 0) < 0 || lseek(sink->output, 0, SEEK_SET) < 0)
		return lam_err_set(err, errno, "truncate the output");
	return 0;
}

/* A 206 has to begin where we have stopped. */
static int check_part(const struct lam_http_request *request, const struct lam_http_answer *answer,
		      struct lam_err *err)
{
	const char *range = lam_http_header(answer, "content-range");
	uint64_t first = 0;

	if (request->resume > 0 && range && sscanf(range, "bytes %" SCNu64 "-", &first) == 1 &&
	    first == request->resume)
		return 0;
	lam_err_set(err, 0, "another part came than was asked for");
	err->num = EBADMSG;
	return -1;
}

static int begin_output(struct lam_sink *sink, const struct lam_http_request *request,
			const struct lam_http_answer *answer, struct lam_err *err)
{
	if (answer->status == 206)
		return read_earlier(sink, request->resume, err);
	return restart(sink, err);
}

int lam_sink_begin(struct lam_sink *sink, const struct lam_http_request *request,
		   struct lam_http_answer *answer, int64_t length, struct lam_err *err)
{
	sink->sha = lam_sha256_new(err);
	if (!sink->sha)
		return -1;
	if (answer->status == 206 && check_part(request, answer, err) < 0)
		return -1;
	sink->is_error = answer->status >= 300;
	sink->limit = sink->is_error ? ERROR_LIMIT : request->limit;
	if (!sink->is_error && request->size >= 0 && (uint64_t)request->size < sink->limit)
		sink->limit = (uint64_t)request->size;
	sink->output = sink->is_error ? -1 : request->output;
	sink->body = sink->output < 0 ? &answer->body : NULL;
	if (sink->output >= 0 && begin_output(sink, request, answer, err) < 0)
		return -1;
	if (sink->size > sink->limit ||
	    (!sink->is_error && length > 0 && (uint64_t)length > sink->limit - sink->size))
		return too_long(sink->limit, err);
	return 0;
}

int lam_sink_put(struct lam_sink *sink, const void *data, size_t len, struct lam_err *err)
{
	uint64_t left = sink->limit - sink->size;

	if (len > left && sink->is_error) {
		sink->is_cut = 1;
		len = (size_t)left;
	} else if (len > left) {
		return too_long(sink->limit, err);
	}
	lam_sha256_update(sink->sha, data, len);
	sink->size += len;
	if (sink->body ? lam_buf_put(sink->body, data, len, err) < 0
		       : lam_fd_write_all(sink->output, data, len, "the output", err) < 0) {
		sink->is_cut = 0;
		return -1;
	}
	return sink->is_cut ? -1 : 0;
}

static int wrong(struct lam_err *err)
{
	err->num = EBADMSG;
	return -1;
}

int lam_sink_end(struct lam_sink *sink, const struct lam_http_request *request,
		 struct lam_http_answer *answer, struct lam_err *err)
{
	const char *want = request->digest;

	if (!sink->sha)
		return lam_err_set(err, 0, "an answer without headers");
	lam_sha256_hex(sink->sha, answer->digest);
	answer->size = sink->size;
	if (sink->is_error || strcmp(request->method, "HEAD") == 0)
		return 0;
	if (request->size >= 0 && sink->size != (uint64_t)request->size) {
		lam_err_set(err, 0, "%" PRIu64 " bytes came, where %" PRId64 " were expected",
			    sink->size, request->size);
		return wrong(err);
	}
	if (want && strcmp(want + strlen("sha256:"), answer->digest) != 0) {
		lam_err_set(err, 0, "the digest of what came is sha256:%s, %s was expected",
			    answer->digest, want);
		return wrong(err);
	}
	return 0;
}

void lam_sink_free(struct lam_sink *sink)
{
	lam_sha256_free(sink->sha);
	sink->sha = NULL;
}
