/* buf.h - bytes that grow.
 *
 *	lam_autobuf struct lam_buf b = LAM_BUF_INIT;
 *	if (lam_buf_put(&b, data, len, err) < 0) ...
 *
 * The buffer owns its memory; lam_buf_free may run twice. `data` stays
 * NUL-terminated behind `len`, so that text can be read as a string. */
#ifndef LAM_BASE_BUF_H
#define LAM_BASE_BUF_H

#include <stddef.h>

#include "base/err.h"

struct lam_buf {
	char *data; /* NULL before the first byte */
	size_t len;
	size_t cap;
};

#define LAM_BUF_INIT                                                                               \
	{                                                                                          \
		0                                                                                  \
	}
#define lam_autobuf __attribute__((cleanup(lam_buf_free)))

/* Room for `more` bytes behind len, and the NUL. */
int lam_buf_reserve(struct lam_buf *buf, size_t more, struct lam_err *err);
int lam_buf_put(struct lam_buf *buf, const void *data, size_t len, struct lam_err *err);
int lam_buf_puts(struct lam_buf *buf, const char *text, struct lam_err *err);
int lam_buf_printf(struct lam_buf *buf, struct lam_err *err, const char *fmt, ...) LAM_PRINTF(3, 4);
void lam_buf_free(struct lam_buf *buf);

#endif
