/* test_clamp.c - core/layer/clamp.c */
#include "harness.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "layer/clamp.h"

static char dir[] = "/tmp/lamina-clamp-XXXXXX";
static int root;

static void make(const char *name, time_t mtime)
{
	const struct timespec times[2] = { { .tv_sec = mtime }, { .tv_sec = mtime, .tv_nsec = 5 } };

	CHECK(utimensat(root, name, times, AT_SYMLINK_NOFOLLOW) == 0);
}

static struct timespec time_of(const char *name)
{
	struct stat st = { 0 };

	CHECK(fstatat(root, name, &st, AT_SYMLINK_NOFOLLOW) == 0);
	return st.st_mtim;
}

static void sets_later_times_and_leaves_earlier_ones(void)
{
	struct lam_err err = { 0 };

	CHECK(mkdirat(root, "d", 0700) == 0);
	CHECK(close(openat(root, "d/new", O_CREAT | O_WRONLY, 0600)) == 0);
	CHECK(close(openat(root, "d/old", O_CREAT | O_WRONLY, 0600)) == 0);
	CHECK(symlinkat("nowhere", root, "link") == 0);
	make("d/new", 2000);
	make("d/old", 500);
	make("link", 3000);
	make("d", 4000);
	CHECK(lam_clamp(root, 1000, &err) == 0);
	CHECK(time_of("d/new").tv_sec == 1000 && time_of("d/new").tv_nsec == 0);
	CHECK(time_of("d/old").tv_sec == 500 && time_of("d/old").tv_nsec == 5);
	CHECK(time_of("link").tv_sec == 1000);
	CHECK(time_of("d").tv_sec == 1000);
	CHECK(time_of(".").tv_sec == 1000);
}

static const struct test_case cases[] = {
	CASE(sets_later_times_and_leaves_earlier_ones),
	CASE_END,
};

int main(int argc, char **argv)
{
	int status;
	char command[64];

	if (!mkdtemp(dir) || (root = open(dir, O_RDONLY | O_DIRECTORY)) < 0)
		return 2;
	status = test_main(cases, argc, argv);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command) ? 2 : status;
}
