/* test_longnames.c - names longer than 255 bytes, as VFAT, CIFS and FUSE may have them. No such
 * file system is there to mount for everyone: the calls that list one are answered here. */
#define _GNU_SOURCE
#include "harness.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/tree.h"
#include "layer/scan.h"

enum { LONG = 765 };

static char top[] = "/tmp/lamina-longnames-XXXXXX";
static int dir, listed;

/* A directory of this name. */
static struct dirent64 *entry_of(void *buffer, size_t len)
{
	struct dirent64 *entry = buffer;
	char *name = (char *)buffer + offsetof(struct dirent64, d_name);

	entry->d_reclen = (unsigned short)((offsetof(struct dirent64, d_name) + len + 8) & ~7UL);
	entry->d_type = DT_DIR;
	memset(name, 'n', len);
	name[len] = '\0';
	return entry;
}

ssize_t getdents64(int fd, void *buffer, size_t size)
{
	(void)fd;
	(void)size;
	return listed++ ? 0 : entry_of(buffer, LONG)->d_reclen;
}

struct dirent *readdir(DIR *stream)
{
	static char buffer[sizeof(struct dirent) + LONG];

	(void)stream;
	return listed++ ? NULL : (void *)entry_of(buffer, LONG);
}

/* Nothing of so long a name is there, but it is a directory that isn't empty. */
int unlinkat(int at, const char *name, int flags)
{
	if (strlen(name) == LONG) {
		errno = ENOTEMPTY;
		return -1;
	}
	return (int)syscall(SYS_unlinkat, at, name, flags);
}

static int prune(void *arg, const char *path, int is_dir, struct lam_err *err)
{
	(void)arg;
	(void)path;
	(void)is_dir;
	(void)err;
	return LAM_SCAN_PRUNE;
}

static void are_refused_by_a_scan(void)
{
	struct lam_err err = { 0 };
	struct lam_scan *scan = lam_scan_new(dir, &err);

	listed = 0;
	CHECK(scan != NULL);
	lam_scan_set_filter(scan, prune, NULL); /* else the stat fails of what isn't there */
	CHECK(lam_scan_enter(scan, LAM_SCAN_ROOT, &err) == -1 && err.num == ENAMETOOLONG);
	CHECK(strstr(err.text, "nnnn") != NULL);
	lam_scan_free(scan);
}

static void are_refused_by_what_removes_a_tree(void)
{
	struct lam_err err = { 0 };

	listed = 0;
	CHECK(mkdirat(dir, "d", 0700) == 0);
	CHECK(lam_tree_remove(dir, "d", &err) == -1 && err.num == ENAMETOOLONG);
	rmdir("d");
}

static const struct test_case cases[] = {
	CASE(are_refused_by_a_scan),
	CASE(are_refused_by_what_removes_a_tree),
	CASE_END,
};

int main(int argc, char **argv)
{
	int status;

	if (!mkdtemp(top) || chdir(top) < 0 || (dir = open(top, O_RDONLY | O_DIRECTORY)) < 0)
		return 2;
	status = test_main(cases, argc, argv);
	return rmdir(top) < 0 ? 2 : status;
}
