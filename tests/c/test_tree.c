/* test_tree.c - core/base/tree.c */
#define _GNU_SOURCE
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/tree.h"

static char top[] = "/tmp/lamina-tree-XXXXXX";
static int dir;

static void make_file(int at, const char *name)
{
	int fd = openat(at, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	CHECK(fd >= 0);
	close(fd);
}

static int is_there(const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static void removes_what_is_there_and_what_is_not(void)
{
	struct lam_err err;

	make_file(dir, "file");
	CHECK(symlinkat("file", dir, "link") == 0);
	CHECK(lam_tree_remove(dir, "link", &err) == 0 && !is_there("link") && is_there("file"));
	CHECK(lam_tree_remove(dir, "file", &err) == 0 && !is_there("file"));
	CHECK(lam_tree_remove(dir, "file", &err) == 0);
}

static void opens_up_directories_without_rights(void)
{
	struct lam_err err;
	int sub;

	CHECK(mkdirat(dir, "t", 0700) == 0);
	sub = openat(dir, "t", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(mkdirat(sub, "closed", 0700) == 0);
	make_file(sub, "closed/in");
	CHECK(fchmodat(sub, "closed", 0, 0) == 0 && fchmod(sub, 0500) == 0);
	close(sub);
	CHECK(lam_tree_remove(dir, "t", &err) == 0 && !is_there("t"));
}

static void goes_deeper_than_a_path_can(void)
{
	struct lam_err err;
	int at;

	CHECK(mkdirat(dir, "deep", 0700) == 0);
	at = openat(dir, "deep", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < 5000; i++) {
		int next;

		CHECK(mkdirat(at, "d", 0700) == 0);
		next = openat(at, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		close(at);
		at = next;
	}
	close(at);
	CHECK(lam_tree_remove(dir, "deep", &err) == 0 && !is_there("deep"));
}

static void leaves_what_links_lead_to(void)
{
	struct lam_err err;

	CHECK(mkdirat(dir, "keep", 0700) == 0 && mkdirat(dir, "t", 0700) == 0);
	make_file(dir, "keep/file");
	CHECK(symlinkat("../keep", dir, "t/link") == 0);
	CHECK(lam_tree_remove(dir, "t", &err) == 0);
	CHECK(is_there("keep/file"));
	CHECK(lam_tree_remove(dir, "keep", &err) == 0);
}

static void leaves_the_mode_of_the_directory_it_is_in(void)
{
	struct lam_err err;
	struct stat st;

	CHECK(mkdirat(dir, "t", 0700) == 0 && fchmod(dir, 0500) == 0);
	if (lam_tree_remove(dir, "t", &err) < 0)
		CHECK(err.num == EACCES && strstr(err.text, "t"));
	CHECK(fstat(dir, &st) == 0 && (st.st_mode & 0777) == 0500);
	CHECK(fchmod(dir, 0700) == 0);
	CHECK(lam_tree_remove(dir, "t", &err) == 0);
}

static void takes_many_entries(void)
{
	struct lam_err err;
	char name[32];

	CHECK(mkdirat(dir, "t", 0700) == 0);
	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "t/%d", i);
		if (i % 3)
			make_file(dir, name);
		else
			CHECK(mkdirat(dir, name, 0700) == 0);
	}
	CHECK(lam_tree_remove(dir, "t", &err) == 0 && !is_there("t"));
}

static const struct test_case cases[] = {
	CASE(removes_what_is_there_and_what_is_not),
	CASE(opens_up_directories_without_rights),
	CASE(goes_deeper_than_a_path_can),
	CASE(leaves_what_links_lead_to),
	CASE(leaves_the_mode_of_the_directory_it_is_in),
	CASE(takes_many_entries),
	CASE_END,
};

int main(int argc, char **argv)
{
	int failed;

	if (!mkdtemp(top))
		return 2;
	dir = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	failed = test_main(cases, argc, argv);
	rmdir(top);
	return failed;
}
