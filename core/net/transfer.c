/* transfer.c - see transfer.h */
#define _GNU_SOURCE
#include "net/transfer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "net/curl.h"
#include "net/gate.h"
#include "net/sink.h"

enum { HEADER_LIMIT = 64 << 10, SLOW_RATE = 1024 };

struct transfer {
	const struct lam_curl *api;
	CURL *handle;
	const struct lam_http_request *request;
	struct lam_http_answer *answer;
	struct lam_sink sink;
	struct lam_gate gate;
	size_t header_bytes;
	uint64_t sent, moved; /* of the body to send; of everything when last looked at */
	time_t moved_at;
	struct lam_err *err;
	int has_failed; /* err is filled, by a callback */
};

static int fail(struct transfer *t)
{
	t->has_failed = 1;
	return -1;
}

/* The end of the headers: from here on the body comes. */
static int begin_body(struct transfer *t)
{
	curl_off_t length = -1;

	t->api->curl_easy_getinfo(t->handle, CURLINFO_RESPONSE_CODE, &t->answer->status);
	if (t->answer->status < 200) /* 100 Continue: the real ones are still to come */
		return 0;
	t->api->curl_easy_getinfo(t->handle, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	if (strcmp(t->request->method, "HEAD") == 0)
		length = -1;
	return lam_sink_begin(&t->sink, t->request, t->answer, (int64_t)length, t->err);
}

static int keep_header(struct lam_buf *headers, const char *line, size_t len, struct lam_err *err)
{
	size_t start = headers->len;
	const char *colon = memchr(line, ':', len);

	if (!colon || memchr(line, '\n', len) || memchr(line, '\0', len))
		return 0;
	if (lam_buf_put(headers, line, len, err) < 0 || lam_buf_put(headers, "\n", 1, err) < 0)
		return -1;
	for (char *at = headers->data + start; *at != ':'; at++)
		if (*at >= 'A' && *at <= 'Z')
			*at += 'a' - 'A';
	return 0;
}

static size_t on_header(char *line, size_t one, size_t len, void *data)
{
	struct transfer *t = data;
	size_t size = one * len, text = size;
	int result;

	t->header_bytes += size;
	if (t->header_bytes > HEADER_LIMIT) {
		lam_err_set(t->err, 0, "more than %d bytes of headers", HEADER_LIMIT);
		fail(t);
		return 0;
	}
	while (text > 0 && (line[text - 1] == '\r' || line[text - 1] == '\n'))
		text--;
	if (text >= 5 && strncmp(line, "HTTP/", 5) == 0)
		t->answer->headers.len = result = 0;
	else if (text == 0)
		result = begin_body(t);
	else
		result = keep_header(&t->answer->headers, line, text, t->err);
	if (result == 0)
		return size;
	fail(t);
	return 0;
}

static size_t on_body(char *bytes, size_t one, size_t len, void *data)
{
	struct transfer *t = data;

	if (lam_sink_put(&t->sink, bytes, one * len, t->err) == 0)
		return one * len;
	if (!t->sink.is_cut)
		fail(t);
	return 0;
}

static size_t on_send(char *into, size_t one, size_t len, void *data)
{
	struct transfer *t = data;
	uint64_t left = t->request->body_size - t->sent;
	size_t size = one * len < left ? one * len : (size_t)left;

	if (t->request->body) {
		memcpy(into, (const char *)t->request->body + t->sent, size);
	} else if (size > 0) {
		ssize_t n = lam_fd_read_full(t->request->body_fd, into, size, "the body", t->err);

		if (n == (ssize_t)size)
			goto done;
		if (n >= 0)
			lam_err_set(t->err, 0, "the body is shorter than was said");
		fail(t);
		return CURL_READFUNC_ABORT;
	}
done:
	t->sent += size;
	return size;
}

static int on_progress(void *data, curl_off_t total, curl_off_t done, curl_off_t to_send,
		       curl_off_t sent)
{
	struct transfer *t = data;
	const struct lam_http_request *r = t->request;
	uint64_t moved = (uint64_t)done + (uint64_t)sent + t->header_bytes;

	if (moved != t->moved)
		t->moved_at = lam_clock_seconds();
	t->moved = moved;
	if (r->progress && to_send > 0)
		r->progress(r->progress_data, (uint64_t)sent, (uint64_t)to_send);
	else if (r->progress)
		r->progress(r->progress_data, t->sink.size,
			    total > 0 ? t->sink.size - (uint64_t)done + (uint64_t)total : 0);
	if (r->stall == 0 || lam_clock_seconds() - t->moved_at < r->stall)
		return 0;
	lam_err_set(t->err, 0, "nothing came for %ld seconds", r->stall);
	t->err->num = ETIMEDOUT;
	return fail(t);
}

#define SET(option, value) t->api->curl_easy_setopt(t->handle, option, value)

static void set_method(struct transfer *t)
{
	const char *method = t->request->method;
	int sends = t->request->body || t->request->body_fd >= 0;

	if (strcmp(method, "GET") == 0)
		return;
	if (strcmp(method, "HEAD") == 0) {
		SET(CURLOPT_NOBODY, 1L);
		return;
	}
	if (sends || strcmp(method, "DELETE") != 0) {
		SET(CURLOPT_UPLOAD, 1L);
		SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)t->request->body_size);
		SET(CURLOPT_READFUNCTION, on_send);
		SET(CURLOPT_READDATA, t);
	}
	SET(CURLOPT_CUSTOMREQUEST, method);
}

static void set_options(struct transfer *t, const struct lam_url *url, int is_home, long seconds,
			char *text)
{
	const struct lam_http_request *r = t->request;

	SET(CURLOPT_URL, url->text);
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (r->ca_file)
		SET(CURLOPT_CAINFO, r->ca_file);
	if (is_home && r->cert_file) {
		SET(CURLOPT_SSLCERT, r->cert_file);
		SET(CURLOPT_SSLKEY, r->key_file);
	}
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS); /* where the server offers it */
	SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	SET(CURLOPT_OPENSOCKETFUNCTION, lam_gate_open);
	SET(CURLOPT_OPENSOCKETDATA, &t->gate);
	SET(CURLOPT_USERAGENT, r->agent ? r->agent : "lamina");
	SET(CURLOPT_TIMEOUT, seconds);
	SET(CURLOPT_CONNECTTIMEOUT, r->connect_timeout);
	SET(CURLOPT_LOW_SPEED_LIMIT, (long)(r->slow ? SLOW_RATE : 0));
	SET(CURLOPT_LOW_SPEED_TIME, r->slow);
	SET(CURLOPT_ERRORBUFFER, text);
	SET(CURLOPT_HEADERFUNCTION, on_header);
	SET(CURLOPT_HEADERDATA, t);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, t);
	SET(CURLOPT_NOPROGRESS, 0L);
	SET(CURLOPT_XFERINFOFUNCTION, on_progress);
	SET(CURLOPT_XFERINFODATA, t);
	set_method(t);
}

static int add(struct transfer *t, struct curl_slist **list, const char *name, const char *value)
{
	lam_autobuf struct lam_buf line = LAM_BUF_INIT;
	struct curl_slist *longer;

	if (lam_buf_printf(&line, t->err, "%s%s", name, value) < 0)
		return -1;
	longer = t->api->curl_slist_append(*list, line.data);
	if (!longer)
		return lam_err_set(t->err, ENOMEM, "header");
	*list = longer;
	return 0;
}

/* What is there already isn't asked for again; what is resumed must still be the same. */
static int add_headers(struct transfer *t, int is_home, struct curl_slist **list)
{
	const struct lam_http_request *r = t->request;
	const char *if_etag = r->resume > 0 ? "If-Range: " : "If-None-Match: ";
	const char *if_modified = r->resume > 0 ? "If-Range: " : "If-Modified-Since: ";
	char range[40];

	for (size_t i = 0; is_home && r->headers && r->headers[i]; i++)
		if (add(t, list, "", r->headers[i]) < 0)
			return -1;
	if (r->resume > 0) { /* a header of ours: libcurl's own range refuses a 200 */
		snprintf(range, sizeof(range), "bytes=%" PRIu64 "-", r->resume);
		if (add(t, list, "Range: ", range) < 0)
			return -1;
	}
	if (r->etag && add(t, list, if_etag, r->etag) < 0)
		return -1;
	if (r->modified && !(r->etag && r->resume > 0) &&
	    add(t, list, if_modified, r->modified) < 0)
		return -1;
	return add(t, list, "Expect:", "");
}

/* Which of libcurl's failures are the network's, and may be over with the next try. */
static int number_of(CURLcode code)
{
	switch (code) {
	case CURLE_OPERATION_TIMEDOUT:
		return ETIMEDOUT;
	case CURLE_COULDNT_CONNECT:
		return ECONNREFUSED;
	case CURLE_PARTIAL_FILE:
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		return ECONNRESET;
	default:
		return 0;
	}
}

static int refuse_link_local(struct lam_err *err)
{
	return lam_err_set(err, 0, "a link-local address, which nobody has asked for");
}

static int perform(struct transfer *t, const char *text)
{
	CURLcode code = t->api->curl_easy_perform(t->handle);

	if (t->has_failed)
		return -1;
	if (code == CURLE_OK || t->sink.is_cut)
		return lam_sink_end(&t->sink, t->request, t->answer, t->err);
	if (t->gate.has_refused)
		return refuse_link_local(t->err);
	lam_err_set(t->err, 0, "%s", *text ? text : t->api->curl_easy_strerror(code));
	t->err->num = number_of(code);
	return -1;
}

int lam_transfer(const struct lam_http_request *request, const struct lam_url *url, int is_home,
		 long seconds, struct lam_http_answer *answer, struct lam_err *err)
{
	struct transfer t = { .request = request, .answer = answer, .err = err };
	struct curl_slist *list = NULL;
	char text[CURL_ERROR_SIZE] = "";
	int result;

	if (!is_home &&
	    lam_gate_is_link_local(url->host)) /* a proxy's address hides it from the gate */
		return refuse_link_local(err);
	t.api = lam_curl(err);
	t.handle = t.api ? t.api->curl_easy_init() : NULL;
	if (!t.handle)
		return t.api ? lam_err_set(err, ENOMEM, "libcurl") : -1;
	t.moved_at = lam_clock_seconds();
	t.gate.admits_link_local = is_home && lam_gate_is_link_local(url->host);
	set_options(&t, url, is_home, seconds, text);
	result = add_headers(&t, is_home, &list);
	if (result == 0) {
		t.api->curl_easy_setopt(t.handle, CURLOPT_HTTPHEADER, list);
		result = perform(&t, text);
	}
	lam_sink_free(&t.sink);
	t.api->curl_easy_cleanup(t.handle);
	t.api->curl_slist_free_all(list);
	return result;
}
