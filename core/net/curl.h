/* curl.h - libcurl, loaded when the first request is made: it brings 25 more libraries.
 *
 * A row in the table is a function we may call. */
#ifndef LAM_NET_CURL_H
#define LAM_NET_CURL_H

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#include "base/err.h"

#define LAM_CURL_FUNCTIONS(X)                                                                      \
	X(curl_global_init)                                                                        \
	X(curl_easy_init)                                                                          \
	X(curl_easy_cleanup)                                                                       \
	X(curl_easy_setopt)                                                                        \
	X(curl_easy_perform)                                                                       \
	X(curl_easy_getinfo)                                                                       \
	X(curl_easy_strerror)                                                                      \
	X(curl_slist_append)                                                                       \
	X(curl_slist_free_all)                                                                     \
	X(curl_url)                                                                                \
	X(curl_url_cleanup)                                                                        \
	X(curl_url_set)                                                                            \
	X(curl_url_get)                                                                            \
	X(curl_url_strerror)

struct lam_curl {
#define LAM_MEMBER(name) __typeof__(name) *name;
	LAM_CURL_FUNCTIONS(LAM_MEMBER)
#undef LAM_MEMBER
};

/* The table, loaded once a process; NULL with err filled when the library isn't there. */
const struct lam_curl *lam_curl(struct lam_err *err);

#endif
