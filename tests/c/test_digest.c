/* test_digest.c - core/base/digest.c */
#define _GNU_SOURCE
#include "harness.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/digest.h"

static const char empty[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
static const char abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

static void knows_fips_180(void)
{
	struct lam_err err;
	char hex[LAM_SHA256_HEX];
	lam_autosha struct lam_sha256 *sha = lam_sha256_new(&err);

	lam_sha256_hex(sha, hex);
	CHECK(strcmp(hex, empty) == 0);
	lam_sha256_update(sha, "a", 1);
	lam_sha256_update(sha, "", 0);
	lam_sha256_update(sha, "bc", 2);
	lam_sha256_hex(sha, hex);
	CHECK(strcmp(hex, abc) == 0);
}

static void gives_raw_bytes_and_begins_anew(void)
{
	struct lam_err err;
	unsigned char raw[32];
	char hex[LAM_SHA256_HEX];
	lam_autosha struct lam_sha256 *sha = lam_sha256_new(&err);

	for (int i = 0; i < 2; i++) {
		lam_sha256_update(sha, "abc", 3);
		lam_sha256_raw(sha, raw);
		lam_hex(raw, sizeof(raw), hex);
		CHECK(strcmp(hex, abc) == 0);
	}
}

static void hashes_from_where_the_descriptor_stands(void)
{
	struct lam_err err;
	char hex[LAM_SHA256_HEX];
	uint64_t size = 77;
	int fd = memfd_create("x", MFD_CLOEXEC);

	CHECK(write(fd, "xabc", 4) == 4 && lseek(fd, 1, SEEK_SET) == 1);
	CHECK(lam_sha256_fd(fd, hex, &size, "it", &err) == 0);
	CHECK(size == 3 && strcmp(hex, abc) == 0);
	CHECK(lam_sha256_fd(fd, hex, &size, "it", &err) == 0);
	CHECK(size == 0 && strcmp(hex, empty) == 0);
	close(fd);
	CHECK(lam_sha256_fd(fd, hex, &size, "that", &err) == -1 && err.num == EBADF);
	CHECK(strstr(err.text, "read that"));
}

static void may_free_nothing(void)
{
	lam_sha256_free(NULL);
	CHECK(1);
}

static const struct test_case cases[] = {
	CASE(knows_fips_180),
	CASE(gives_raw_bytes_and_begins_anew),
	CASE(hashes_from_where_the_descriptor_stands),
	CASE(may_free_nothing),
	CASE_END,
};

int main(int argc, char **argv)
{
	return test_main(cases, argc, argv);
}
