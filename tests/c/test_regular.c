/* test_regular.c - core/base/regular.c, below a root and as plain paths */
#define _GNU_SOURCE
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/regular.h"
#include "base/tree.h"

static char dir[] = "/tmp/lamina-regular-XXXXXX";
static int root;

static void must(int result)
{
	if (result < 0)
		perror("test_regular");
}

static void prepare(void)
{
	must(chdir(dir));
	root = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	must(close(open("file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600)));
	must(mkdir("dir", 0700));
	must(mkfifo("fifo", 0600));
	must(symlink("file", "link"));
	must(symlink("fifo", "to-fifo"));
	must(symlink("/etc/passwd", "out"));
	must(symlink("/file", "absolute"));
}

/* 0 when it opens, to be read and to be waited for; else the error's number. */
static int opens(int below, const char *path, int nofollow)
{
	struct lam_err err = { 0 };
	lam_autofd fd = lam_regular_open(below, path, nofollow, &err);
	struct stat st;

	if (fd < 0)
		return err.num;
	CHECK(fstat(fd, &st) == 0 && S_ISREG(st.st_mode));
	CHECK((fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK | O_PATH)) == O_RDONLY);
	CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC);
	return 0;
}

static void opens_files_and_nothing_else(void)
{
	for (int i = 0; i < 2; i++) {
		int below = i == 0 ? root : -1;

		CHECK(opens(below, "file", 0) == 0);
		CHECK(opens(below, "file", 1) == 0);
		CHECK(opens(below, "dir", 0) == EISDIR);
		CHECK(opens(below, "fifo", 0) == EINVAL);
		CHECK(opens(below, "none", 0) == ENOENT);
		CHECK(opens(below, "file/x", 0) == ENOTDIR);
	}
	CHECK(opens(-1, "/dev/null", 0) == EINVAL);
}

static void follows_links_only_where_it_may(void)
{
	CHECK(opens(root, "link", 0) == 0);
	CHECK(opens(root, "link", 1) == ELOOP);
	CHECK(opens(-1, "link", 1) == ELOOP);
	CHECK(opens(root, "to-fifo", 0) == EINVAL);
}

static void stays_below_the_root(void)
{
	CHECK(opens(root, "out", 0) == ENOENT);
	CHECK(opens(root, "../../../etc/passwd", 0) == ENOENT);
	CHECK(opens(root, "absolute", 0) == 0);
	CHECK(opens(-1, "out", 0) == 0);
}

static const struct test_case cases[] = {
	CASE(opens_files_and_nothing_else),
	CASE(follows_links_only_where_it_may),
	CASE(stays_below_the_root),
	CASE_END,
};

int main(int argc, char **argv)
{
	struct lam_err err;
	int status;

	if (!mkdtemp(dir))
		return 2;
	prepare();
	status = test_main(cases, argc, argv);
	close(root);
	must(lam_tree_remove(AT_FDCWD, dir, &err));
	return status;
}
