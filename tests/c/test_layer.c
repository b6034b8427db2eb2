/* test_layer.c - the small units of core/layer: names, marks, entryname, links, tarhead, codecs */
#define _GNU_SOURCE
#include "harness.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "layer/encode.h"
#include "layer/entryname.h"
#include "layer/links.h"
#include "layer/marks.h"
#include "layer/names.h"
#include "layer/tarhead.h"

static void lists_names_by_their_bytes(void)
{
	static const char *const in_order[] = { ".x", "A", "a", "b", "\xff" };
	char top[] = "/tmp/lamina-names-XXXXXX";
	lam_autonames names = { .list = NULL };
	struct lam_err err;
	int dir;

	CHECK(mkdtemp(top) != NULL);
	dir = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 4; i >= 0; i--)
		CHECK(mkdirat(dir, in_order[i], 0700) == 0);
	CHECK(lam_names_read(dir, &names, &err) == 0 && names.count == 5);
	for (size_t i = 0; i < names.count; i++) {
		CHECK(strcmp(names.list[i], in_order[i]) == 0);
		unlinkat(dir, names.list[i], AT_REMOVEDIR);
	}
	close(dir);
	rmdir(top);
	lam_names_free(&names);
	CHECK(lam_names_read(-1, &names, &err) == -1 && err.num == EBADF);
}

static const struct {
	const char *name;
	int travels;
} xattrs[] = {
	{ "user.a", 1 },
	{ "trusted.a", 1 },
	{ "security.capability", 1 },
	{ "user.overlay.opaque", 0 },
	{ "trusted.overlay.metacopy", 0 },
	{ "security.selinux", 0 },
	{ "security.ima", 0 },
	{ "security.evm", 0 },
	{ "system.posix_acl_access", 0 },
	{ "user.lamina.device", 0 },
	{ "user.overlayed", 1 },
};

static void tells_which_xattrs_travel(void)
{
	for (size_t i = 0; i < sizeof(xattrs) / sizeof(*xattrs); i++)
		CHECK(lam_mark_xattr_travels(xattrs[i].name) == xattrs[i].travels);
}

static void reads_only_whole_marks_of_devices(void)
{
	static const char *const bad[] = {
		"", "c", "c:1:3", "c:1:3:0:0", "d:1:3:0:0:644", "c:1:3:0:x:644", "c:1:3:0:0:8"
	};
	struct lam_mark_device device;

	CHECK(lam_mark_device_parse("b:8:70000:5:6:660", &device) && device.is_block);
	CHECK(device.major == 8 && device.minor == 70000 && device.uid == 5 && device.gid == 6 &&
	      device.mode == 0660);
	CHECK(lam_mark_device_parse("c:1:3:0:0:666", &device) && !device.is_block);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CHECK(!lam_mark_device_parse(bad[i], &device));
}

static void knows_a_whiteout(void)
{
	struct stat st = { .st_mode = S_IFCHR, .st_rdev = makedev(0, 0) };

	CHECK(lam_mark_is_whiteout(&st));
	st.st_rdev = makedev(0, 1);
	CHECK(!lam_mark_is_whiteout(&st));
	st = (struct stat){ .st_mode = S_IFBLK };
	CHECK(!lam_mark_is_whiteout(&st));
}

static const struct {
	const char *path;
	int kind;
} kinds[] = {
	{ "a/b", LAM_ENTRY_ORDINARY },
	{ ".wh", LAM_ENTRY_ORDINARY },
	{ "a/.whx", LAM_ENTRY_ORDINARY },
	{ ".wh.a", LAM_ENTRY_WHITEOUT },
	{ "a/.wh.b", LAM_ENTRY_WHITEOUT },
	{ "a/.wh..b", LAM_ENTRY_WHITEOUT },
	{ ".wh..wh..opq", LAM_ENTRY_OPAQUE },
	{ "a/.wh..wh..opq", LAM_ENTRY_OPAQUE },
	{ ".wh..wh.aufs", LAM_ENTRY_IGNORED },
	{ ".wh..wh.plnk/1.2", LAM_ENTRY_IGNORED },
	{ ".wh..wh..opqx/a", LAM_ENTRY_IGNORED },
	{ ".wh.", -1 },
	{ ".wh..", -1 },
	{ ".wh...", -1 },
	{ ".wh.a/b", -1 },
	{ "a/.wh.b/c", -1 },
	{ ".wh..wh..opq/a", -1 },
};

static void tells_markers_from_names(void)
{
	struct lam_err err;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		CHECK(lam_entry_kind(kinds[i].path, &err) == kinds[i].kind);
		if (lam_entry_kind(kinds[i].path, &err) != kinds[i].kind)
			printf("  %s\n", kinds[i].path);
	}
}

static void cleans_names(void)
{
	char out[LAM_PATH_MAX], big[5000];
	struct lam_err err;

	CHECK(lam_entry_clean("./a//b/.", &lam_apply_limits_default, out, &err) == 0);
	CHECK(strcmp(out, "a/b") == 0);
	CHECK(lam_entry_clean("/./", &lam_apply_limits_default, out, &err) == 0 && !*out);
	CHECK(lam_entry_clean("a/..", &lam_apply_limits_default, out, &err) == -1);
	memset(big, 'x', sizeof(big));
	for (size_t i = 100; i < sizeof(big); i += 100)
		big[i] = '/';
	big[4095] = '\0';
	CHECK(lam_entry_clean(big, &lam_apply_limits_default, out, &err) == 0);
	CHECK(strlen(out) == 4095);
	big[4095] = 'x';
	big[4096] = '\0';
	CHECK(lam_entry_clean(big, &lam_apply_limits_default, out, &err) == -1);
	CHECK(err.num == ENAMETOOLONG);
}

static void finds_the_first_name_of_each_of_many_files(void)
{
	struct lam_err err;
	struct lam_links *links = lam_links_new(&err);
	char path[32];

	for (unsigned i = 0; i < 20000; i++) {
		struct stat st = { .st_dev = i % 3, .st_ino = i % 5000 };
		const char *first;

		snprintf(path, sizeof(path), "%u", i);
		first = lam_links_first(links, &st, path, &err);
		snprintf(path, sizeof(path), "%u", i % 15000);
		CHECK(first && strcmp(first, path) == 0);
	}
	lam_links_free(links);
	lam_links_free(NULL);
}

static struct lam_buf head_of(const struct lam_tar_entry *entry)
{
	struct lam_buf out = LAM_BUF_INIT;
	struct lam_err err;

	CHECK(lam_tar_head(entry, &out, &err) == 0);
	CHECK(out.len % 512 == 0 && lam_tar_is_head((unsigned char *)out.data));
	return out;
}

static void writes_ustar_where_it_is_enough(void)
{
	struct lam_tar_entry e = { .path = "d/f",
				   .type = '0',
				   .mode = 0644,
				   .size = 077777777777,
				   .uid = 07777777,
				   .mtime = 5 };
	struct lam_buf out = head_of(&e);

	CHECK(out.len == 512);
	CHECK(strcmp(out.data, "d/f") == 0 && strcmp(out.data + 100, "0000644") == 0);
	CHECK(memcmp(out.data + 257, "ustar\00000", 8) == 0);
	CHECK(strcmp(out.data + 124, "77777777777") == 0);
	lam_buf_free(&out);
}

/* More than 8 GiB, ids beyond seven digits, times before 1970 (SEMANTICS 84). */
static void writes_pax_where_it_is_not(void)
{
	struct lam_tar_entry e = { .path = "f",
				   .type = '0',
				   .size = 1ULL << 33,
				   .mtime = -1,
				   .uid = 4000000000,
				   .gid = 07777777 + 1 };
	struct lam_buf out = head_of(&e);

	CHECK(out.len == 3 * 512 && out.data[156] == 'x');
	CHECK(strcmp(out.data + 512, "15 gid=2097152\n12 mtime=-1\n19 size=8589934592\n"
				     "18 uid=4000000000\n") == 0);
	CHECK(strcmp(out.data + 1024 + 124, "00000000000") == 0);
	lam_buf_free(&out);
}

/* The length of a record counts itself: 9 to 10, 99 to 100 and 999 to 1000 bytes. */
static void counts_the_length_of_a_record(void)
{
	char value[1100];

	memset(value, 'v', sizeof(value));
	for (size_t n = 1; n < sizeof(value); n++) {
		struct lam_tar_xattr x = { "a", value, n };
		struct lam_tar_entry e = { .path = "f", .type = '0', .xattrs = &x, .nxattrs = 1 };
		struct lam_buf out = head_of(&e);
		char *end;
		unsigned long length = strtoul(out.data + 512, &end, 10);

		CHECK((unsigned long)(end - (out.data + 512)) + strlen(" SCHILY.xattr.a=\n") + n ==
		      length);
		CHECK(out.data[512 + length - 1] == '\n');
		lam_buf_free(&out);
	}
}

static void knows_a_header_by_its_checksum(void)
{
	struct lam_tar_entry e = { .path = "f", .type = '0' };
	struct lam_buf out = head_of(&e);
	unsigned char zeros[512] = { 0 };

	CHECK(!lam_tar_is_head(zeros));
	for (size_t i = 0; i < 512; i++) {
		if (i == 154 || i == 155)
			continue; /* what ends the digits */
		out.data[i] ^= 64;
		CHECK(!lam_tar_is_head((unsigned char *)out.data));
		out.data[i] ^= 64;
	}
	lam_buf_free(&out);
}

/* Pushes `size` bytes in pieces of `piece` through an encoder into a file. */
static int encode(enum lam_compression how, size_t size, size_t piece, struct lam_decoded *out)
{
	int fd = memfd_create("x", MFD_CLOEXEC);
	struct lam_err err;
	struct lam_encoder *e = lam_encoder_new(fd, how, 0, &err);
	char *data = malloc(piece + 1);

	for (size_t at = 0; at < size; at += piece) {
		size_t n = size - at < piece ? size - at : piece;

		for (size_t i = 0; i < n; i++)
			data[i] = (char)((at + i) * (at + i) >> 7);
		CHECK(lam_encoder_put(e, data, n, &err) == 0);
	}
	CHECK(lam_encoder_finish(e, out, &err) == 0);
	lam_encoder_free(e);
	free(data);
	CHECK(lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

static void decodes_what_it_encoded_in_any_size(void)
{
	static const size_t sizes[] = {
		0, 1, 511, 512, (256 << 10) - 1, 1 << 20, (1 << 20) + 1, (5 << 20) + 77
	};
	const struct lam_decode_limits limits = { 1 << 30, 1000, 0 };

	for (int how = LAM_COMPRESSION_NONE; how <= LAM_COMPRESSION_ZSTD; how++)
		for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
			struct lam_decoded in, out;
			struct lam_err err;
			int fd = encode((enum lam_compression)how, sizes[i], 100000, &in);
			struct lam_decoder *d = lam_decoder_new(fd, -1, &limits, &err);
			const void *data;
			ssize_t n = -1;

			CHECK(d != NULL);
			while (d && (n = lam_decoder_next(d, &data, &err)) > 0)
				;
			CHECK(n == 0);
			lam_decoder_result(d, &out);
			CHECK(strcmp(in.diff_id, out.diff_id) == 0 && in.tar_size == sizes[i]);
			CHECK(strcmp(in.digest, out.digest) == 0 && in.size == out.size);
			CHECK(out.tar_size == sizes[i] &&
			      (int)out.compression == (sizes[i] || how ? how : 0));
			lam_decoder_free(d);
			close(fd);
		}
}

static void stops_at_its_limits(void)
{
	const struct lam_decode_limits limits = { 1000, 1000, 0 };
	struct lam_decoded out;
	struct lam_err err;
	int fd = encode(LAM_COMPRESSION_GZIP, 1001, 100, &out);
	struct lam_decoder *d = lam_decoder_new(fd, -1, &limits, &err);
	const void *data;

	CHECK(lam_decoder_next(d, &data, &err) == -1 && err.num == EFBIG);
	CHECK(strstr(err.text, "limit 'bytes' of 1000"));
	lam_decoder_free(d);
	lam_decoder_free(NULL);
	close(fd);
}

static int count_threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	int count = -2; /* "." and ".." */

	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

/* Encodes as many bytes with zstd while only the processors of the set are there to be used;
 * answers how many threads of its own it had. */
static int encode_on(const cpu_set_t *set, size_t size, struct lam_decoded *out)
{
	struct lam_err err;
	struct lam_encoder *e;
	char *data = malloc(size);
	int before = count_threads(), threads;

	for (size_t i = 0; i < size; i++)
		data[i] = (char)(i * i >> 9);
	CHECK(sched_setaffinity(0, sizeof(*set), set) == 0);
	e = lam_encoder_new(-1, LAM_COMPRESSION_ZSTD, 0, &err);
	CHECK(lam_encoder_put(e, data, size, &err) == 0);
	threads = count_threads() - before;
	CHECK(lam_encoder_finish(e, out, &err) == 0);
	lam_encoder_free(e);
	free(data);
	return threads;
}

static void compresses_alike_on_any_number_of_processors(void)
{
	struct lam_decoded by_one, by_all;
	cpu_set_t one, all;
	int cpu = 0, count;

	CHECK(sched_getaffinity(0, sizeof(all), &all) == 0);
	while (!CPU_ISSET(cpu, &all))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	count = CPU_COUNT(&all) < 4 ? CPU_COUNT(&all) : 4;
	CHECK(encode_on(&one, 9 << 20, &by_one) == 1);
	CHECK(encode_on(&all, 9 << 20, &by_all) == count);
	CHECK(strcmp(by_one.digest, by_all.digest) == 0 && by_one.size == by_all.size);
}

static void refuses_levels_and_forms_there_are_not(void)
{
	struct lam_err err;

	CHECK(!lam_encoder_new(-1, LAM_COMPRESSION_GZIP, 4, &err) && err.num == EINVAL);
	CHECK(!lam_encoder_new(-1, LAM_COMPRESSION_XZ, 0, &err) && err.num == EINVAL);
	lam_encoder_free(NULL);
}

static const struct test_case cases[] = {
	CASE(lists_names_by_their_bytes),
	CASE(tells_which_xattrs_travel),
	CASE(reads_only_whole_marks_of_devices),
	CASE(knows_a_whiteout),
	CASE(tells_markers_from_names),
	CASE(cleans_names),
	CASE(finds_the_first_name_of_each_of_many_files),
	CASE(writes_ustar_where_it_is_enough),
	CASE(writes_pax_where_it_is_not),
	CASE(counts_the_length_of_a_record),
	CASE(knows_a_header_by_its_checksum),
	CASE(decodes_what_it_encoded_in_any_size),
	CASE(stops_at_its_limits),
	CASE(compresses_alike_on_any_number_of_processors),
	CASE(refuses_levels_and_forms_there_are_not),
	CASE_END,
};

int main(int argc, char **argv)
{
	return test_main(cases, argc, argv);
}
