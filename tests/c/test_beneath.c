/* test_beneath.c - core/base/beneath.c, through openat2 and through the walk */
#define _GNU_SOURCE
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/beneath.h"
#include "base/tree.h"

static char dir[] = "/tmp/lamina-beneath-XXXXXX";
static int top, root; /* top holds root/ and a canary outside it */

static void must(int result)
{
	if (result < 0)
		perror("test_beneath");
}

static void touch(const char *path)
{
	int fd = openat(top, path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);

	if (fd >= 0)
		close(fd);
}

static void prepare(void)
{
	top = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	mkdirat(top, "root", 0755);
	root = openat(top, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	mkdirat(root, "a", 0755);
	mkdirat(root, "a/b", 0755);
	touch("canary");
	touch("root/a/b/file");
	must(symlinkat("/a/b", root, "absolute"));
	must(symlinkat("../../../../canary", root, "out"));
	must(symlinkat("loop2", root, "loop1"));
	must(symlinkat("loop1", root, "loop2"));
	must(symlinkat("/proc/self/fd", root, "magic"));
	must(symlinkat("b/file", root, "a/link"));
}

/* The inode of what opens, 0 with errno in *num when nothing does. */
static ino_t inode(const char *path, int flags, int *num)
{
	struct lam_err err = { 0 };
	lam_autofd fd = lam_beneath_open(root, path, flags, 0600, &err);
	struct stat st;

	*num = err.num;
	return fd >= 0 && fstat(fd, &st) == 0 ? st.st_ino : 0;
}

static ino_t plain(const char *path)
{
	struct stat st;

	return fstatat(top, path, &st, AT_SYMLINK_NOFOLLOW) == 0 ? st.st_ino : 0;
}

static void check_resolution(void)
{
	ino_t file = plain("root/a/b/file");
	int num;

	CHECK(inode("a/b/file", O_PATH, &num) == file);
	CHECK(inode("/a/b/file", O_PATH, &num) == file);
	CHECK(inode("a/../../../a/b/file", O_PATH, &num) == file);
	CHECK(inode("absolute/file", O_PATH, &num) == file);
	CHECK(inode("a/link", O_PATH, &num) == file);
	CHECK(inode("a/link", O_PATH | O_NOFOLLOW, &num) == plain("root/a/link"));
	CHECK(inode("..", O_PATH, &num) == plain("root"));
	CHECK(inode("a/b/..", O_PATH, &num) == plain("root/a"));
	CHECK(inode("out", O_PATH, &num) == 0 && num == ENOENT);
	CHECK(inode("loop1", O_PATH, &num) == 0 && num == ELOOP);
	CHECK(inode("a/b/file/", O_PATH, &num) == 0 && num == ENOTDIR);
	CHECK(inode("nothing/x", O_PATH, &num) == 0 && num == ENOENT);
	CHECK(inode("", O_PATH, &num) == 0 && num == ENOENT);
	CHECK(inode("out", O_WRONLY | O_CREAT | O_EXCL, &num) == 0 && num == EEXIST);
}

static void resolves_below_the_root(void)
{
	check_resolution();
}

static void resolves_the_same_without_openat2(void) /* UNP-10 */
{
	lam_beneath_without_openat2(1);
	check_resolution();
	lam_beneath_without_openat2(0);
}

static void check_parents(const char *fresh)
{
	struct lam_err err = { 0 };
	char last[256], path[64];
	lam_autofd fd = -1;

	snprintf(path, sizeof(path), "absolute/%s/deep/name", fresh);
	fd = lam_beneath_parent(root, path, 0755, last, &err);
	CHECK(fd >= 0 && strcmp(last, "name") == 0);
	snprintf(path, sizeof(path), "root/a/b/%s/deep", fresh);
	CHECK(plain(path) != 0);
	CHECK(lam_beneath_parent(root, "a/..", 0, last, &err) == -1 && err.num == EINVAL);
	CHECK(lam_beneath_parent(root, "out/x", 0755, last, &err) == -1);
	CHECK(lam_beneath_parent(root, "none/x", 0, last, &err) == -1 && err.num == ENOENT);
	CHECK(plain("canary/x") == 0);
}

static void makes_parents_below_the_root(void)
{
	check_parents("made");
	lam_beneath_without_openat2(1);
	check_parents("walked");
	lam_beneath_without_openat2(0);
}

static void makes_very_deep_parents(void)
{
	struct lam_err err = { 0 };
	char path[4096] = "";

	for (int i = 0; i < 500; i++)
		strcat(path, "d/");
	lam_autofd fd = lam_beneath_mkdirs(root, path, 0755, &err);
	CHECK(fd >= 0);
}

static void removes_any_tree(void)
{
	struct lam_err err = { 0 };
	int at;

	mkdirat(root, "gone", 0755);
	mkdirat(root, "gone/shut", 0755);
	touch("root/gone/shut/x");
	must(symlinkat("../../canary", root, "gone/shut/link"));
	mkfifoat(root, "gone/fifo", 0600);
	must(fchmodat(root, "gone/shut", 0, 0));
	at = openat(root, "gone", O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < 5000; i++) { /* far deeper than descriptors or a path could go */
		int next;

		mkdirat(at, "d", 0755);
		next = openat(at, "d", O_PATH | O_DIRECTORY | O_CLOEXEC);
		close(at);
		at = next;
	}
	close(at);
	CHECK(lam_tree_remove(root, "gone", &err) == 0);
	CHECK(plain("root/gone") == 0);
	CHECK(plain("canary") != 0);
	CHECK(lam_tree_remove(root, "gone", &err) == 0);
}

static const struct test_case cases[] = {
	CASE(resolves_below_the_root),
	CASE(resolves_the_same_without_openat2),
	CASE(makes_parents_below_the_root),
	CASE(makes_very_deep_parents),
	CASE(removes_any_tree),
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
	if (lam_tree_remove(AT_FDCWD, dir, &err) < 0)
		return 2;
	return status;
}
