/* test_path.c - core/base/path.c */
#include "harness.h"

#include <errno.h>

#include "base/path.h"

static const struct {
	const char *path, *clean;
} table[] = {
	{ "", "." },
	{ ".", "." },
	{ "/", "/" },
	{ "//a//b/", "/a/b" },
	{ "a/./b/.", "a/b" },
	{ "a/..", "." },
	{ "a/../..", ".." },
	{ "/..", "/" },
	{ "/../../a", "/a" },
	{ "../../a", "../../a" },
	{ "a/b/../../..", ".." },
	{ "/a/b/../c", "/a/c" },
	{ "..a/b", "..a/b" },
	{ "a/...", "a/..." },
	{ "../a/..", ".." },
};

static void cleans_paths_lexically(void)
{
	struct lam_err err;
	char out[64];

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		CHECK(lam_path_clean(table[i].path, out, sizeof(out), &err) == 0);
		CHECK(strcmp(out, table[i].clean) == 0);
		if (strcmp(out, table[i].clean) != 0)
			printf("  %s -> %s\n", table[i].path, out);
	}
}

static void refuses_what_does_not_fit(void)
{
	struct lam_err err;
	char out[8];

	CHECK(lam_path_clean("/123456", out, sizeof(out), &err) == 0);
	CHECK(lam_path_clean("/1234567", out, sizeof(out), &err) == -1);
	CHECK(err.num == ENAMETOOLONG);
}

static const struct test_case cases[] = {
	CASE(cleans_paths_lexically),
	CASE(refuses_what_does_not_fit),
	CASE_END,
};

int main(int argc, char **argv)
{
	return test_main(cases, argc, argv);
}
