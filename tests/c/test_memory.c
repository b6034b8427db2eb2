/* test_memory.c - core/layer/memory.c */
#include "harness.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "layer/memory.h"

static char dir[] = "/tmp/lamina-memory-XXXXXX";
static char path[64];
static struct lam_err err;

static struct stat file(ino_t ino)
{
	struct stat st = { .st_dev = 7, .st_ino = ino, .st_size = 3, .st_mode = S_IFREG | 0644 };

	st.st_mtim = (struct timespec){ 1000, 5 };
	st.st_ctim = (struct timespec){ 2000, 6 };
	return st;
}

static void add(struct lam_memory *memory, ino_t ino, char fill)
{
	unsigned char body[LAM_BODY];
	struct stat st = file(ino);

	memset(body, fill, sizeof(body));
	CHECK(lam_memory_add(memory, &st, body, &err) == 0);
}

/* The first byte of what is remembered, 0 for nothing. */
static int recall(struct lam_memory *memory, const struct stat *st)
{
	const unsigned char *body = lam_memory_find(memory, st);

	return body ? body[0] : 0;
}

static int recall_in_next_build(const struct stat *st)
{
	struct lam_memory *memory = lam_memory_open(path, &err);
	int found = recall(memory, st);

	lam_memory_free(memory);
	return found;
}

static void save_three(void)
{
	struct lam_memory *memory = lam_memory_open(path, &err);

	add(memory, 30, 'c');
	add(memory, 10, 'a');
	add(memory, 20, 'b');
	CHECK(lam_memory_save(memory, &err) == 0);
	lam_memory_free(memory);
}

static void remembers_across_builds(void)
{
	struct stat st = file(20);

	unlink(path);
	CHECK(recall_in_next_build(&st) == 0);
	save_three();
	CHECK(recall_in_next_build(&st) == 'b');
	st = file(25);
	CHECK(recall_in_next_build(&st) == 0);
	unlink(path);
}

static void forgets_a_file_whose_stat_differs(void)
{
	struct stat st[9];

	save_three();
	for (int i = 0; i < 9; i++)
		st[i] = file(20);
	st[0].st_dev++;
	st[1].st_ino++;
	st[2].st_size++;
	st[3].st_mtim.tv_sec++;
	st[4].st_mtim.tv_nsec++;
	st[5].st_ctim.tv_sec++;
	st[6].st_ctim.tv_nsec++;
	st[7].st_mode = S_IFLNK | 0777;
	for (int i = 0; i < 8; i++)
		CHECK(recall_in_next_build(&st[i]) == 0);
	CHECK(recall_in_next_build(&st[8]) == 'b');
	unlink(path);
}

static void takes_the_newer_of_two(void)
{
	struct lam_memory *memory;
	struct stat st = file(20);

	save_three();
	memory = lam_memory_open(path, &err);
	add(memory, 20, 'B');
	CHECK(lam_memory_save(memory, &err) == 0);
	CHECK(recall(memory, &st) == 'B');
	lam_memory_free(memory);
	CHECK(recall_in_next_build(&st) == 'B');
	unlink(path);
}

static void forgets_what_nobody_asks_for(void)
{
	struct stat used = file(10), unused = file(20);

	save_three();
	for (ino_t i = 0; i < 20; i++) {
		struct lam_memory *memory = lam_memory_open(path, &err);

		CHECK(recall(memory, &used) == 'a');
		add(memory, 100 + i, 'x');
		CHECK(lam_memory_save(memory, &err) == 0);
		lam_memory_free(memory);
		if (i == 10) {
			struct stat other = file(30);

			CHECK(recall_in_next_build(&other) == 'c');
		}
	}
	CHECK(recall_in_next_build(&used) == 'a');
	CHECK(recall_in_next_build(&unused) == 0);
	unlink(path);
}

static void ignores_a_damaged_file(void)
{
	char data[4096];
	struct stat st = file(20);
	ssize_t size;
	int fd;

	save_three();
	fd = open(path, O_RDONLY);
	size = read(fd, data, sizeof(data));
	close(fd);
	CHECK(size > 200 && size < (ssize_t)sizeof(data));
	for (ssize_t i = 0; i < size; i++) {
		fd = open(path, O_WRONLY | O_TRUNC);
		data[i] ^= 0x10;
		CHECK(write(fd, data, (size_t)size) == size);
		data[i] ^= 0x10;
		close(fd);
		CHECK(recall_in_next_build(&st) == 0);
		CHECK(truncate(path, i) == 0);
		CHECK(recall_in_next_build(&st) == 0);
	}
	unlink(path);
}

static void says_which_files_may_still_change_unseen(void)
{
	struct timespec now = { 2000, 500000000 };
	struct stat st = file(1);

	CHECK(!lam_memory_is_racy(&st, &now));
	st.st_ctim = (struct timespec){ 2000, 460000000 };
	CHECK(lam_memory_is_racy(&st, &now)); /* 40 ms ago */
	st.st_ctim.tv_nsec = 440000000;
	CHECK(!lam_memory_is_racy(&st, &now)); /* 60 ms ago */
	st.st_ctim = (struct timespec){ 3000, 1 };
	CHECK(lam_memory_is_racy(&st, &now)); /* the clock was set back */
	st = file(1);
	st.st_mtim = (struct timespec){ 2000, 480000000 };
	CHECK(lam_memory_is_racy(&st, &now));
	st.st_mtim = (struct timespec){ 1LL << 40, 1 };
	CHECK(!lam_memory_is_racy(&st, &now)); /* mtimes are set at will */
	st = file(1);
	st.st_ctim = (struct timespec){ 1999, 0 };
	CHECK(lam_memory_is_racy(&st, &now)); /* a clock of whole seconds */
	st.st_ctim.tv_sec = 1998;
	CHECK(!lam_memory_is_racy(&st, &now));
}

static const struct test_case cases[] = {
	CASE(remembers_across_builds),
	CASE(forgets_a_file_whose_stat_differs),
	CASE(takes_the_newer_of_two),
	CASE(forgets_what_nobody_asks_for),
	CASE(ignores_a_damaged_file),
	CASE(says_which_files_may_still_change_unseen),
	CASE_END,
};

int main(int argc, char **argv)
{
	int failed;

	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/memory", dir);
	failed = test_main(cases, argc, argv);
	unlink(path);
	return rmdir(dir) < 0 || failed; /* nothing else is left behind */
}
