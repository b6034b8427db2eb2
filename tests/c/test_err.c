/* test_err.c - core/base/err.c */
#include "harness.h"

#include <errno.h>

#include "base/err.h"

static void says_the_step_and_the_reason(void)
{
	struct lam_err err = { 0 };

	CHECK(lam_err_set(&err, ENOENT, "open %s", "/x") == -1);
	CHECK(err.num == ENOENT);
	CHECK(strcmp(err.text, "open /x: No such file or directory") == 0);
}

static void puts_the_outer_step_first(void)
{
	struct lam_err err = { 0 };

	lam_err_set(&err, 0, "no such entry");
	CHECK(lam_err_wrap(&err, "layer %d", 3) == -1);
	CHECK(strcmp(err.text, "layer 3: no such entry") == 0);
}

static void clips_what_does_not_fit(void)
{
	struct lam_err err = { 0 };
	char big[2000];

	memset(big, 'a', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	lam_err_set(&err, EIO, "%s", big);
	CHECK(strlen(err.text) == sizeof(err.text) - 1);
	lam_err_wrap(&err, "outer");
	CHECK(strncmp(err.text, "outer: aaa", 10) == 0);
	CHECK(strlen(err.text) == sizeof(err.text) - 1);
}

static void leaves_it_to_the_step_what_is_wrong_with_bytes(void)
{
	struct lam_err err;

	lam_err_set(&err, EBADMSG, "not a tar archive");
	CHECK(err.num == EBADMSG);
	CHECK(strcmp(err.text, "not a tar archive") == 0);
}

static const struct test_case cases[] = {
	CASE(leaves_it_to_the_step_what_is_wrong_with_bytes),
	CASE(says_the_step_and_the_reason),
	CASE(puts_the_outer_step_first),
	CASE(clips_what_does_not_fit),
	CASE_END,
};

int main(int argc, char **argv)
{
	return test_main(cases, argc, argv);
}
