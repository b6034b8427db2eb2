/* curl.c - see curl.h */
#include "net/curl.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	size_t place;
} functions[] = {
#define ROW(name) { #name, offsetof(struct lam_curl, name) },
	LAM_CURL_FUNCTIONS(ROW)
#undef ROW
};

static int load(struct lam_curl *table, struct lam_err *err)
{
	void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);

	if (!library)
		return lam_err_set(err, 0, "libcurl: %s", dlerror());
	for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++) {
		void *address = dlsym(library, functions[i].name);

		if (!address)
			return lam_err_set(err, 0, "libcurl has no %s", functions[i].name);
		memcpy((char *)table + functions[i].place, &address, sizeof(address));
	}
	unsetenv("SSLKEYLOGFILE"); /* libcurl would write our sessions' keys there */
	if (table->curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return lam_err_set(err, 0, "libcurl can't be initialised");
	return 0;
}

const struct lam_curl *lam_curl(struct lam_err *err)
{
	static struct lam_curl table;
	static int loaded;

	if (!loaded && load(&table, err) < 0)
		return NULL;
	loaded = 1;
	return &table;
}
