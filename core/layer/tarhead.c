/* tarhead.c - see tarhead.h */
#include "layer/tarhead.h"

#include <stdio.h>
#include <string.h>

enum { BLOCK = 512, NAME = 100, LINK = 100 };

struct ustar {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100],
	    magic[6], version[2], uname[32], gname[32], major[8], minor[8], prefix[155], pad[12];
};
_Static_assert(sizeof(struct ustar) == BLOCK, "a tar header is one block");

static const uint64_t max7 = 07777777, max11 = 077777777777;

/* Octal digits and a NUL; what doesn't fit stands in the PAX header and is 0 here. */
static void octal(char *field, size_t size, uint64_t value)
{
	for (size_t i = size - 1; i-- > 0; value >>= 3)
		field[i] = (char)('0' + (value & 7));
	field[size - 1] = '\0';
}

static void sum(struct ustar *head)
{
	const unsigned char *bytes = (const unsigned char *)head;
	unsigned total = 0;

	memset(head->checksum, ' ', sizeof(head->checksum));
	for (size_t i = 0; i < sizeof(*head); i++)
		total += bytes[i];
	octal(head->checksum, 7, total);
	head->checksum[7] = ' ';
}

static void fill(struct ustar *head, const struct lam_tar_entry *e)
{
	size_t name = strlen(e->path), link = e->link ? strlen(e->link) : 0;

	memset(head, 0, sizeof(*head));
	memcpy(head->name, e->path, name < NAME ? name : NAME);
	memcpy(head->link, e->link ? e->link : "", link < LINK ? link : LINK);
	octal(head->mode, sizeof(head->mode), e->mode & 07777);
	octal(head->uid, sizeof(head->uid), e->uid <= max7 ? e->uid : 0);
	octal(head->gid, sizeof(head->gid), e->gid <= max7 ? e->gid : 0);
	octal(head->size, sizeof(head->size), e->size <= max11 ? e->size : 0);
	octal(head->mtime, sizeof(head->mtime),
	      e->mtime >= 0 && (uint64_t)e->mtime <= max11 ? (uint64_t)e->mtime : 0);
	head->type = e->type;
	memcpy(head->magic, "ustar", 6);
	memcpy(head->version, "00", 2);
	octal(head->major, sizeof(head->major), e->major <= max7 ? e->major : 0);
	octal(head->minor, sizeof(head->minor), e->minor <= max7 ? e->minor : 0);
	sum(head);
}

static size_t digits(size_t n)
{
	size_t count = 1;

	for (; n >= 10; n /= 10)
		count++;
	return count;
}

/* "LENGTH KEY=VALUE\n", where the length counts itself. */
static int record(struct lam_buf *out, const char *prefix, const char *key, const void *value,
		  size_t size, struct lam_err *err)
{
	size_t rest = 1 + strlen(prefix) + strlen(key) + 1 + size + 1;
	size_t len = rest + digits(rest);

	if (digits(len) > digits(rest))
		len = rest + digits(len);
	if (lam_buf_printf(out, err, "%zu %s%s=", len, prefix, key) < 0 ||
	    lam_buf_put(out, value, size, err) < 0)
		return -1;
	return lam_buf_put(out, "\n", 1, err);
}

static int number(struct lam_buf *out, const char *key, int64_t value, struct lam_err *err)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%lld", (long long)value);

	return record(out, "", key, text, (size_t)n, err);
}

static int is_ascii(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text > 127)
			return 0;
	return 1;
}

/* The records an entry needs, in the order of their keys. */
static int records(const struct lam_tar_entry *e, struct lam_buf *out, struct lam_err *err)
{
	int long_link = e->link && strlen(e->link) > LINK, long_name = strlen(e->path) > NAME;
	/* readers would take PAX names for UTF-8: bytes that they are, they must stay */
	int bytes = (long_name && !is_ascii(e->path)) || (long_link && !is_ascii(e->link));

	if (bytes && record(out, "", "hdrcharset", "BINARY", 6, err) < 0)
		return -1;
	for (size_t i = 0; i < e->nxattrs; i++)
		if (record(out, "SCHILY.xattr.", e->xattrs[i].name, e->xattrs[i].value,
			   e->xattrs[i].size, err) < 0)
			return -1;
	if (e->gid > max7 && number(out, "gid", (int64_t)e->gid, err) < 0)
		return -1;
	if (long_link && record(out, "", "linkpath", e->link, strlen(e->link), err) < 0)
		return -1;
	if ((e->mtime < 0 || (uint64_t)e->mtime > max11) && number(out, "mtime", e->mtime, err) < 0)
		return -1;
	if (long_name && record(out, "", "path", e->path, strlen(e->path), err) < 0)
		return -1;
	if (e->size > max11 && number(out, "size", (int64_t)e->size, err) < 0)
		return -1;
	return e->uid > max7 ? number(out, "uid", (int64_t)e->uid, err) : 0;
}

static int pad(struct lam_buf *out, size_t size, struct lam_err *err)
{
	static const char zeros[BLOCK];
	size_t over = size % BLOCK;

	return over ? lam_buf_put(out, zeros, BLOCK - over, err) : 0;
}

int lam_tar_head(const struct lam_tar_entry *e, struct lam_buf *out, struct lam_err *err)
{
	lam_autobuf struct lam_buf pax = LAM_BUF_INIT;
	struct ustar head;

	if (records(e, &pax, err) < 0)
		return -1;
	if (pax.len > 0) {
		struct lam_tar_entry extended = {
			.path = "PaxHeaders.0/x", .type = 'x', .mode = 0644, .size = pax.len
		};

		fill(&head, &extended);
		if (lam_buf_put(out, &head, BLOCK, err) < 0 ||
		    lam_buf_put(out, pax.data, pax.len, err) < 0 || pad(out, pax.len, err) < 0)
			return -1;
	}
	fill(&head, e);
	return lam_buf_put(out, &head, BLOCK, err);
}

int lam_tar_is_head(const unsigned char block[512])
{
	const struct ustar *head = (const void *)block;
	long wanted = 0, total = 0;
	int seen = 0;

	for (size_t i = 0; i < sizeof(head->checksum); i++) {
		char c = head->checksum[i];

		if (c >= '0' && c <= '7') {
			wanted = 8 * wanted + (c - '0');
			seen = 1;
		} else if (seen || c != ' ') {
			break;
		}
	}
	for (size_t i = 0; i < BLOCK; i++)
		total += i >= 148 && i < 156 ? ' ' : block[i];
	return seen && total == wanted && head->name[0] != '\0';
}
