/* digest.h - SHA-256 of a stream, through OpenSSL's EVP (which uses the CPU's SHA extensions).
 *
 *	struct lam_sha256 *sha = lam_sha256_new(err);
 *	lam_sha256_update(sha, data, len);        // any number of times
 *	lam_sha256_hex(sha, hex);                 // once: ends the stream
 *	lam_sha256_free(sha);                     // NULL is fine */
#ifndef LAM_BASE_DIGEST_H
#define LAM_BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { LAM_SHA256_HEX = 65 }; /* with the NUL */

struct lam_sha256;

struct lam_sha256 *lam_sha256_new(struct lam_err *err);
void lam_sha256_update(struct lam_sha256 *sha, const void *data, size_t len);
void lam_sha256_hex(struct lam_sha256 *sha, char out[LAM_SHA256_HEX]);
/* The 32 raw bytes instead of hex; ends the stream and begins a new one. */
void lam_sha256_raw(struct lam_sha256 *sha, unsigned char out[32]);
void lam_sha256_free(struct lam_sha256 *sha);

/* Everything from the descriptor's position to its end; *size gets the byte count. */
int lam_sha256_fd(int fd, char out[LAM_SHA256_HEX], uint64_t *size, const char *what,
		  struct lam_err *err);

/* Lower-case hex of `len` bytes, with the NUL. */
void lam_hex(const unsigned char *data, size_t len, char *out);

static inline void lam_auto_sha256(struct lam_sha256 **slot)
{
	lam_sha256_free(*slot);
	*slot = NULL;
}
#define lam_autosha __attribute__((cleanup(lam_auto_sha256)))

#endif
