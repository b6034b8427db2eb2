/* transfer.h - one exchange with one server, redirects not followed. */
#ifndef LAM_NET_TRANSFER_H
#define LAM_NET_TRANSFER_H

#include "net/http.h"
#include "net/url.h"

/* Sends the request to `url`. `is_home`: it is the origin that the request's headers are for.
 * `seconds` is what is left of the time, 0 for no end. The answer must be empty. */
int lam_transfer(const struct lam_http_request *request, const struct lam_url *url, int is_home,
		 long seconds, struct lam_http_answer *answer, struct lam_err *err);

#endif
