/* url.h - the URLs of requests and of what redirects to them.
 *
 * Only http and https, with a host and without a user: a name and a password in a URL would end
 * up in messages and records. */
#ifndef LAM_NET_URL_H
#define LAM_NET_URL_H

#include "base/err.h"

struct lam_url {
	char *text;   /* normalised, without a fragment */
	char *origin; /* scheme://host:port, what credentials are bound to */
	char *host;   /* as messages name it, host:port where the port isn't the scheme's own */
	int is_tls;
};

/* Reads `text`; with `base`, as a reference relative to that URL. -1 leaves *url empty. */
int lam_url_read(const char *base, const char *text, struct lam_url *url, struct lam_err *err);

/* May run twice. */
void lam_url_free(struct lam_url *url);

#define lam_autourl __attribute__((cleanup(lam_url_free))) struct lam_url

#endif
