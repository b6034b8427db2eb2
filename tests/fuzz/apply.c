/* apply.c - archives for lam_apply, and what it has made for lam_pack.
 *
 *	make fuzz T=apply SECONDS=120           (clang; any user, in a folder of its own)
 *
 * What is accepted must come back: packed, applied and packed again it is the same bytes, and
 * nothing but the target may have changed. The first byte of the input chooses the options. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/tree.h"
#include "layer/apply.h"
#include "layer/pack.h"

static int work = -1; /* the folder that holds the targets and nothing else */

static int make_work(void)
{
	const char *parent = getenv("TMPDIR");
	char path[PATH_MAX];

	umask(022);
	snprintf(path, sizeof(path), "%s/lamina-fuzz.XXXXXX", parent ? parent : "/tmp");
	return mkdtemp(path) ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
}

static int target(const char *name)
{
	struct lam_err err;

	if (lam_tree_remove(work, name, &err) < 0 || mkdirat(work, name, 0755) < 0) {
		fprintf(stderr, "%s: %s\n", name, err.text);
		abort();
	}
	return openat(work, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int memory(const void *data, size_t size)
{
	int fd = memfd_create("archive", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET) != 0)
		abort();
	return fd;
}

static int apply(int archive, int root, int tree, int is_small, struct lam_err *err)
{
	struct lam_apply how = { .tree = tree,
				 .userxattr = 1,
				 .uid = getuid(),
				 .gid = getgid(),
				 .ids = UINT_MAX,
				 .compression = -1,
				 .keep = -1,
				 .limits = lam_apply_limits_default };
	struct lam_applied out;
	int result;

	if (is_small) {
		how.limits.bytes = 1 << 20;
		how.limits.entries = 300;
	}
	*err = (struct lam_err){ 0 };
	result = lam_apply(archive, root, &how, &out, err);
	if (result < 0 && !err->text[0])
		abort(); /* a failure says why */
	return result;
}

static int pack(int dir, int output, int tree, struct lam_packed *out)
{
	struct lam_pack how = { .tree = tree, .userxattr = 1, .output = output, .epoch = -1 };
	struct lam_err err = { 0 };

	if (lam_pack(dir, &how, out, &err) == 0)
		return 0;
	/* what a tar can say and ours can't */
	if (!strstr(err.text, "whiteout") && !strstr(err.text, "'='") &&
	    !strstr(err.text, "depth")) {
		fprintf(stderr, "pack: %s\n", err.text);
		abort();
	}
	return -1;
}

static _Noreturn void broken(const char *what, const struct lam_err *err)
{
	fprintf(stderr, "%s: %s\n", what, err->text);
	abort();
}

static void round_trip(int archive, int tree)
{
	lam_autofd first = target("first");
	lam_autofd second = -1;
	lam_autofd output = -1;
	struct lam_packed one, two;
	struct lam_err err = { 0 };

	if (apply(archive, first, tree, 1, &err) < 0)
		return;
	output = memory("", 0);
	if (pack(first, output, tree, &one) < 0)
		return;
	second = target("second");
	if (lseek(output, 0, SEEK_SET) != 0 || apply(output, second, tree, 0, &err) < 0)
		broken("what was packed can't be applied", &err);
	if (pack(second, -1, tree, &two) < 0 || strcmp(one.stream.diff_id, two.stream.diff_id) != 0)
		broken("what came back differs", &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	lam_autofd archive = -1;

	if (size < 1)
		return 0;
	if (work < 0 && (work = make_work()) < 0)
		abort();
	archive = memory(data + 1, size - 1);
	round_trip(archive, data[0] & 1);
	return 0;
}
