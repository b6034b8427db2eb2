/* archive.c - see archive.h */
#include "layer/archive.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

static const struct {
	const char *name;
	size_t place;
} functions[] = {
#define ROW(name) { #name, offsetof(struct lam_archive, name) },
	LAM_ARCHIVE_FUNCTIONS(ROW)
#undef ROW
};

static int load(struct lam_archive *table, struct lam_err *err)
{
	void *library = dlopen("libarchive.so.13", RTLD_NOW | RTLD_LOCAL);

	if (!library)
		return lam_err_set(err, 0, "libarchive: %s", dlerror());
	for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++) {
		void *address = dlsym(library, functions[i].name);

		if (!address)
			return lam_err_set(err, 0, "libarchive has no %s", functions[i].name);
		memcpy((char *)table + functions[i].place, &address, sizeof(address));
	}
	return 0;
}

const char *lam_archive_error(const struct lam_archive *api, struct archive *archive)
{
	const char *text = api->archive_error_string(archive);

	return text ? text : "unknown error";
}

const struct lam_archive *lam_archive(struct lam_err *err)
{
	static struct lam_archive table;
	static int loaded;

	if (!loaded && load(&table, err) < 0)
		return NULL;
	loaded = 1;
	return &table;
}
