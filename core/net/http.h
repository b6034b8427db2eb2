/* http.h - one request over http or https, with the redirects it leads to.
 *
 * Certificates are always verified, cookies and .netrc don't exist, proxies are those of the
 * variables http_proxy, https_proxy, all_proxy and no_proxy. Each hop is a connection of its own;
 * `headers` go to the origin (scheme, host, port) of `url` alone, whoever redirects to another. */
#ifndef LAM_NET_HTTP_H
#define LAM_NET_HTTP_H

#include <stdint.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"

struct lam_http_request {
	const char *method; /* GET and HEAD are redirected; another's 3xx is an answer */
	const char *url;
	char *const *headers; /* "Name: value", NULL-terminated; NULL for none */
	const char *etag; /* what is there already: If-None-Match, If-Range when it is resumed */
	const char *modified; /* the same by time: If-Modified-Since */
	const char *agent;    /* User-Agent; NULL for lamina's */

	const void *body; /* what is sent, or NULL */
	uint64_t body_size;
	int body_fd; /* read from its position when body is NULL and it isn't -1 */

	int output;         /* where the body of a 2xx goes; -1: into the answer */
	uint64_t resume;    /* so many bytes are in the output already */
	uint64_t limit;     /* a longer body fails with EFBIG */
	int64_t size;       /* what the body of a 2xx has to be, or -1; else EBADMSG */
	const char *digest; /* "sha256:…" of the whole output, or NULL; else EBADMSG */

	const char *ca_file;           /* instead of the machine's certificates */
	const char *cert_file;         /* who we are, for the origin of `url` alone; or NULL */
	const char *key_file;          /* and its key */
	int redirects;                 /* at most; 0: a 3xx is an answer */
	long timeout, connect_timeout; /* seconds for all of it, for each connection; 0: none */
	long stall;                    /* seconds without any byte; 0: none */
	long slow;                     /* seconds below 1 KiB/s; 0: none */

	void (*progress)(void *data, uint64_t done, uint64_t total);
	void *progress_data;
};

struct lam_http_answer {
	long status;
	struct lam_buf headers; /* "name: value\n" each, names in lower case */
	struct lam_buf body; /* without an output, or of what isn't 2xx: at most 64 KiB of that */
	char *url;           /* the one that answered */
	uint64_t size;       /* of the whole output, or body */
	char digest[LAM_SHA256_HEX];
};

/* Fills the answer whatever its status is; -1 when there is none. lam_http_answer_free may run
 * in both cases. */
int lam_http(const struct lam_http_request *request, struct lam_http_answer *answer,
	     struct lam_err *err);
void lam_http_answer_free(struct lam_http_answer *answer);

/* The value of a header by its lower-case name, up to the end of its line; NULL without it. */
const char *lam_http_header(const struct lam_http_answer *answer, const char *name);

#endif
