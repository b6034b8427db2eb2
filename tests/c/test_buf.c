/* test_buf.c - core/base/buf.c and fd.c */
#define _GNU_SOURCE
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"

static void grows_and_stays_a_string(void)
{
	lam_autobuf struct lam_buf buf = LAM_BUF_INIT;
	struct lam_err err;

	for (int i = 0; i < 10000; i++)
		CHECK(lam_buf_put(&buf, "ab\0", 3, &err) == 0);
	CHECK(buf.len == 30000 && buf.data[30000] == '\0');
	CHECK(memcmp(buf.data + 29997, "ab", 3) == 0);
}

static void takes_nothing_from_nowhere(void)
{
	lam_autobuf struct lam_buf buf = LAM_BUF_INIT;
	struct lam_err err;

	CHECK(lam_buf_put(&buf, NULL, 0, &err) == 0);
	CHECK(buf.len == 0 && buf.data && buf.data[0] == '\0');
	CHECK(lam_buf_puts(&buf, "", &err) == 0 && buf.len == 0);
}

static void formats_behind_what_is_there(void)
{
	lam_autobuf struct lam_buf buf = LAM_BUF_INIT;
	struct lam_err err;
	char big[1000];

	memset(big, 'x', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	CHECK(lam_buf_printf(&buf, &err, "%s-%d", "a", 5) == 0);
	CHECK(lam_buf_printf(&buf, &err, "%s", big) == 0);
	CHECK(buf.len == 3 + 999 && strncmp(buf.data, "a-5x", 4) == 0);
}

static void refuses_sizes_that_wrap(void)
{
	lam_autobuf struct lam_buf buf = LAM_BUF_INIT;
	struct lam_err err;

	CHECK(lam_buf_puts(&buf, "kept", &err) == 0);
	CHECK(lam_buf_reserve(&buf, SIZE_MAX, &err) == -1 && err.num == ENOMEM);
	CHECK(lam_buf_reserve(&buf, SIZE_MAX / 2, &err) == -1 && err.num == ENOMEM);
	CHECK(strcmp(buf.data, "kept") == 0);
}

static void may_be_freed_twice(void)
{
	struct lam_buf buf = LAM_BUF_INIT;
	struct lam_err err;

	lam_buf_puts(&buf, "x", &err);
	lam_buf_free(&buf);
	lam_buf_free(&buf);
	CHECK(!buf.data && buf.len == 0);
	CHECK(lam_buf_puts(&buf, "again", &err) == 0 && strcmp(buf.data, "again") == 0);
	lam_buf_free(&buf);
}

/* A pipe whose other end is written in small pieces by a child. */
static int trickle(const char *piece, int times)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	if (fork() == 0) {
		for (int i = 0; i < times; i++)
			if (write(ends[1], piece, strlen(piece)) < 0)
				_exit(1);
		_exit(0);
	}
	close(ends[1]);
	return ends[0];
}

static void reads_on_over_short_counts(void)
{
	struct lam_err err;
	char data[100];
	int fd = trickle("abc", 20);

	CHECK(lam_fd_read_full(fd, data, 50, "it", &err) == 50);
	CHECK(lam_fd_read_full(fd, data, 50, "it", &err) == 10);
	CHECK(lam_fd_read_full(fd, data, 50, "it", &err) == 0);
	close(fd);
	wait(NULL);
}

static void reads_all_up_to_the_limit(void)
{
	lam_autobuf struct lam_buf buf = LAM_BUF_INIT;
	struct lam_err err;
	int fd = memfd_create("x", MFD_CLOEXEC);

	CHECK(ftruncate(fd, 50000) == 0);
	CHECK(lam_fd_read_all(fd, 50000, &buf, "it", &err) == 0 && buf.len == 50000);
	CHECK(lseek(fd, 0, SEEK_SET) == 0);
	CHECK(lam_fd_read_all(fd, 49999, &buf, "the thing", &err) == -1 && err.num == EFBIG);
	CHECK(strstr(err.text, "the thing") && strstr(err.text, "49999"));
	close(fd);
}

static void names_what_it_could_not_read_or_write(void)
{
	struct lam_err err;
	char byte;
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	CHECK(lam_fd_read_full(-1, &byte, 1, "that", &err) == -1 && err.num == EBADF);
	CHECK(strstr(err.text, "read that"));
	CHECK(lam_fd_write_all(full, "x", 1, "this", &err) == -1 && err.num == ENOSPC);
	CHECK(strstr(err.text, "write this"));
	CHECK(lam_fd_write_all(-1, "", 0, "nothing", &err) == 0);
	close(full);
}

static const struct test_case cases[] = {
	CASE(grows_and_stays_a_string),
	CASE(takes_nothing_from_nowhere),
	CASE(formats_behind_what_is_there),
	CASE(refuses_sizes_that_wrap),
	CASE(may_be_freed_twice),
	CASE(reads_on_over_short_counts),
	CASE(reads_all_up_to_the_limit),
	CASE(names_what_it_could_not_read_or_write),
	CASE_END,
};

int main(int argc, char **argv)
{
	return test_main(cases, argc, argv);
}
