/* http.c - see http.h */
#define _GNU_SOURCE
#include "net/http.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "net/transfer.h"
#include "net/url.h"

const char *lam_http_header(const struct lam_http_answer *answer, const char *name)
{
	size_t len = strlen(name);
	const char *line = answer->headers.len ? answer->headers.data : NULL;

	while (line && *line) {
		if (strncmp(line, name, len) == 0 && line[len] == ':')
			return line + len + 1 + strspn(line + len + 1, " \t");
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	return NULL;
}

void lam_http_answer_free(struct lam_http_answer *answer)
{
	lam_buf_free(&answer->headers);
	lam_buf_free(&answer->body);
	free(answer->url);
	answer->url = NULL;
}

static int is_redirect(const struct lam_http_request *request, const struct lam_http_answer *answer)
{
	int is_plain = strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0;
	long status = answer->status;

	return request->redirects > 0 && is_plain &&
	       (status == 301 || status == 302 || status == 303 || status == 307 ||
		status == 308) &&
	       lam_http_header(answer, "location");
}

/* *at becomes what it redirects to. What was protected by TLS isn't asked for without it. */
static int follow(const struct lam_http_answer *answer, struct lam_url *at, struct lam_err *err)
{
	const char *line = lam_http_header(answer, "location");
	char *location = strndup(line, strcspn(line, "\n"));
	lam_autourl from = *at;
	int result;

	*at = (struct lam_url){ 0 };
	if (!location)
		return lam_err_set(err, ENOMEM, "redirect");
	result = lam_url_read(from.text, location, at, err);
	free(location);
	if (result < 0)
		return lam_err_wrap(err, "%s redirects to", from.host);
	if (from.is_tls && !at->is_tls)
		return lam_err_set(err, EPROTO, "%s redirects from https to http", from.host);
	return 0;
}

/* What is left of the time; 0 where there is no end to it, -1 where nothing is left. */
static long left_of(const struct lam_http_request *request, time_t start)
{
	long left = request->timeout - (long)(lam_clock_seconds() - start);

	return request->timeout == 0 ? 0 : left > 0 ? left : -1;
}

static int walk(const struct lam_http_request *request, struct lam_url *at, const char *home,
		struct lam_http_answer *answer, struct lam_err *err)
{
	time_t start = lam_clock_seconds();

	for (int hops = 0;; hops++) {
		long left = left_of(request, start);

		if (left < 0)
			return lam_err_set(err, ETIMEDOUT, "%s", at->host);
		if (lam_transfer(request, at, strcmp(at->origin, home) == 0, left, answer, err) < 0)
			return lam_err_wrap(err, "%s", at->host);
		if (!is_redirect(request, answer))
			break;
		if (hops >= request->redirects)
			return lam_err_set(err, ELOOP, "%s: more than %d redirects", at->host,
					   request->redirects);
		if (follow(answer, at, err) < 0)
			return -1;
		answer->headers.len = answer->body.len = 0;
	}
	answer->url = strdup(at->text);
	return answer->url ? 0 : lam_err_set(err, ENOMEM, "http");
}

int lam_http(const struct lam_http_request *request, struct lam_http_answer *answer,
	     struct lam_err *err)
{
	lam_autourl at = { 0 };
	char *home;
	int result;

	*answer = (struct lam_http_answer){ .headers = LAM_BUF_INIT, .body = LAM_BUF_INIT };
	if (lam_url_read(NULL, request->url, &at, err) < 0)
		return -1;
	home = strdup(at.origin);
	result = home ? walk(request, &at, home, answer, err) : lam_err_set(err, ENOMEM, "http");
	free(home);
	return result;
}
