/* url.c - see url.h */
#define _GNU_SOURCE
#include "net/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "net/curl.h"

enum { LONGEST_URL = 8192 };

/* A part as a string of libcurl's; "" where there is none. */
static char *part(const struct lam_curl *api, CURLU *parsed, CURLUPart which, unsigned flags)
{
	char *value = NULL;

	if (api->curl_url_get(parsed, which, &value, flags) != CURLUE_OK)
		return strdup("");
	return value; /* libcurl's memory is malloc's */
}

/* Nothing of the text but its scheme is shown: it may hold what it may not hold. */
static int check(const struct lam_curl *api, CURLU *parsed, int *is_tls, struct lam_err *err)
{
	lam_autofree char *scheme = part(api, parsed, CURLUPART_SCHEME, 0);
	lam_autofree char *user = part(api, parsed, CURLUPART_USER, 0);
	lam_autofree char *password = part(api, parsed, CURLUPART_PASSWORD, 0);

	if (!scheme || !user || !password)
		return lam_err_set(err, ENOMEM, "url");
	if (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)
		return lam_err_set(err, EPROTONOSUPPORT, "a URL of the scheme '%.40s'", scheme);
	if (*user || *password)
		return lam_err_set(err, EINVAL, "a URL with a user or password in it");
	*is_tls = strcmp(scheme, "https") == 0;
	return 0;
}

static int split(const struct lam_curl *api, CURLU *parsed, struct lam_url *url,
		 struct lam_err *err)
{
	lam_autofree char *host = part(api, parsed, CURLUPART_HOST, 0);
	lam_autofree char *given = part(api, parsed, CURLUPART_PORT, CURLU_NO_DEFAULT_PORT);
	lam_autofree char *port = part(api, parsed, CURLUPART_PORT, CURLU_DEFAULT_PORT);

	if (!host || !given || !port)
		return lam_err_set(err, ENOMEM, "url");
	for (char *at = host; *at; at++)
		if (*at >= 'A' && *at <= 'Z')
			*at += 'a' - 'A';
	api->curl_url_set(parsed, CURLUPART_HOST, host, 0);
	if (asprintf(&url->origin, "%s://%s:%s", url->is_tls ? "https" : "http", host, port) < 0)
		url->origin = NULL;
	if (asprintf(&url->host, "%s%s%s", host, *given ? ":" : "", given) < 0)
		url->host = NULL;
	url->text = part(api, parsed, CURLUPART_URL, CURLU_NO_DEFAULT_PORT);
	return url->origin && url->host && url->text ? 0 : lam_err_set(err, ENOMEM, "url");
}

static int read_parsed(const struct lam_curl *api, CURLU *parsed, const char *base,
		       const char *text, struct lam_url *url, struct lam_err *err)
{
	CURLUcode code = CURLUE_OK;

	if (base)
		code = api->curl_url_set(parsed, CURLUPART_URL, base, 0);
	if (code == CURLUE_OK)
		code = api->curl_url_set(parsed, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME);
	if (code != CURLUE_OK)
		return lam_err_set(err, EINVAL, "no URL: %s", api->curl_url_strerror(code));
	if (check(api, parsed, &url->is_tls, err) < 0)
		return -1;
	api->curl_url_set(parsed, CURLUPART_FRAGMENT, NULL, 0);
	return split(api, parsed, url, err);
}

int lam_url_read(const char *base, const char *text, struct lam_url *url, struct lam_err *err)
{
	const struct lam_curl *api = lam_curl(err);
	CURLU *parsed;
	int result;

	*url = (struct lam_url){ 0 };
	if (!api)
		return -1;
	if (strlen(text) > LONGEST_URL)
		return lam_err_set(err, EINVAL, "a URL of more than %d bytes", LONGEST_URL);
	parsed = api->curl_url();
	if (!parsed)
		return lam_err_set(err, ENOMEM, "url");
	result = read_parsed(api, parsed, base, text, url, err);
	api->curl_url_cleanup(parsed);
	if (result < 0)
		lam_url_free(url);
	return result;
}

void lam_url_free(struct lam_url *url)
{
	free(url->text);
	free(url->origin);
	free(url->host);
	*url = (struct lam_url){ 0 };
}
