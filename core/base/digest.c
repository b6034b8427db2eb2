/* digest.c - see digest.h */
#include "base/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/auto.h"

enum { CHUNK = 1 << 20 };

struct lam_sha256 {
	EVP_MD_CTX *ctx;
};

struct lam_sha256 *lam_sha256_new(struct lam_err *err)
{
	struct lam_sha256 *sha = calloc(1, sizeof(*sha));

	if (sha)
		sha->ctx = EVP_MD_CTX_new();
	if (!sha || !sha->ctx || EVP_DigestInit_ex(sha->ctx, EVP_sha256(), NULL) != 1) {
		lam_sha256_free(sha);
		lam_err_set(err, ENOMEM, "sha256");
		return NULL;
	}
	return sha;
}

void lam_sha256_update(struct lam_sha256 *sha, const void *data, size_t len)
{
	if (EVP_DigestUpdate(sha->ctx, data, len) != 1)
		abort(); /* libcrypto is broken: a wrong digest must never go on */
}

void lam_hex(const unsigned char *data, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		out[2 * i] = digits[data[i] >> 4];
		out[2 * i + 1] = digits[data[i] & 15];
	}
	out[2 * len] = '\0';
}

void lam_sha256_raw(struct lam_sha256 *sha, unsigned char out[32])
{
	if (EVP_DigestFinal_ex(sha->ctx, out, NULL) != 1 ||
	    EVP_DigestInit_ex(sha->ctx, NULL, NULL) != 1)
		abort();
}

void lam_sha256_hex(struct lam_sha256 *sha, char out[LAM_SHA256_HEX])
{
	unsigned char raw[32];

	lam_sha256_raw(sha, raw);
	lam_hex(raw, sizeof(raw), out);
}

void lam_sha256_free(struct lam_sha256 *sha)
{
	if (sha)
		EVP_MD_CTX_free(sha->ctx);
	free(sha);
}

int lam_sha256_fd(int fd, char out[LAM_SHA256_HEX], uint64_t *size, const char *what,
		  struct lam_err *err)
{
	lam_autosha struct lam_sha256 *sha = lam_sha256_new(err);
	lam_autofree char *chunk = malloc(CHUNK);
	ssize_t n;

	if (!sha)
		return -1;
	if (!chunk)
		return lam_err_set(err, ENOMEM, "read %s", what);
	*size = 0;
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	while ((n = read(fd, chunk, CHUNK)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return lam_err_set(err, errno, "read %s", what);
		lam_sha256_update(sha, chunk, (size_t)n);
		*size += (uint64_t)n;
	}
	lam_sha256_hex(sha, out);
	return 0;
}
