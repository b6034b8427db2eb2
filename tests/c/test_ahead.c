/* test_ahead.c - core/base/ahead.c */
#define _GNU_SOURCE
#include "harness.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/ahead.h"

enum { SIZE = (3 << 20) + 777 };

/* A file of that size, each byte of which tells where it is. */
static int make_file(size_t size)
{
	int fd = memfd_create("ahead", MFD_CLOEXEC);
	char *bytes = malloc(size);

	for (size_t i = 0; i < size; i++)
		bytes[i] = (char)(i * 7 + (i >> 12));
	CHECK(write(fd, bytes, size) == (ssize_t)size);
	CHECK(lseek(fd, 0, SEEK_SET) == 0);
	free(bytes);
	return fd;
}

static void hands_over_every_byte_in_order(void)
{
	struct lam_err err = { 0 };
	int fd = make_file(SIZE);
	struct lam_ahead *ahead = lam_ahead_new(fd, SIZE, &err);
	const char *data;
	size_t at = 0, wrong = 0;
	ssize_t n;

	CHECK(ahead != NULL);
	while ((n = lam_ahead_next(ahead, &data, &err)) > 0)
		for (ssize_t i = 0; i < n; i++, at++)
			wrong += data[i] != (char)(at * 7 + (at >> 12));
	CHECK(n == 0 && at == SIZE && wrong == 0);
	CHECK(lam_ahead_next(ahead, &data, &err) == 0);
	lam_ahead_free(ahead);
	close(fd);
}

static void reads_no_further_than_it_was_asked(void)
{
	struct lam_err err = { 0 };
	int fd = make_file(SIZE);
	struct lam_ahead *ahead = lam_ahead_new(fd, 100, &err);
	const char *data;

	CHECK(lam_ahead_next(ahead, &data, &err) == 100);
	CHECK(lam_ahead_next(ahead, &data, &err) == 0);
	lam_ahead_free(ahead);
	CHECK(lseek(fd, 0, SEEK_CUR) == 100);
	close(fd);
}

static void fails_where_the_file_ends_early(void)
{
	struct lam_err err = { 0 };
	int fd = make_file(1000);
	struct lam_ahead *ahead = lam_ahead_new(fd, 2000, &err);
	const char *data;

	CHECK(lam_ahead_next(ahead, &data, &err) == -1);
	CHECK(err.num == ESTALE);
	lam_ahead_free(ahead);
	close(fd);
}

static void ends_before_all_is_read(void)
{
	struct lam_err err = { 0 };
	int fd = make_file(SIZE);
	const char *data;

	for (int i = 0; i < 50; i++) {
		struct lam_ahead *ahead;

		CHECK(lseek(fd, 0, SEEK_SET) == 0);
		ahead = lam_ahead_new(fd, SIZE, &err);
		CHECK(ahead != NULL);
		if (i % 2)
			CHECK(lam_ahead_next(ahead, &data, &err) == 1 << 20);
		lam_ahead_free(ahead);
	}
	lam_ahead_free(NULL);
	close(fd);
}

static const struct test_case cases[] = {
	CASE(hands_over_every_byte_in_order),
	CASE(reads_no_further_than_it_was_asked),
	CASE(fails_where_the_file_ends_early),
	CASE(ends_before_all_is_read),
	CASE_END,
};

int main(int argc, char **argv)
{
	return test_main(cases, argc, argv);
}
