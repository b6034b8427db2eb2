/* buf.c - see buf.h */
#include "base/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int lam_buf_reserve(struct lam_buf *buf, size_t more, struct lam_err *err)
{
	size_t cap = buf->cap ? buf->cap : 256;
	char *data;

	if (more > SIZE_MAX / 4 || buf->len > SIZE_MAX / 4)
		return lam_err_set(err, ENOMEM, "buffer");
	while (cap < buf->len + more + 1)
		cap *= 2;
	if (cap == buf->cap)
		return 0;
	data = realloc(buf->data, cap);
	if (!data)
		return lam_err_set(err, ENOMEM, "buffer");
	buf->data = data;
	buf->cap = cap;
	buf->data[buf->len] = '\0';
	return 0;
}

int lam_buf_put(struct lam_buf *buf, const void *data, size_t len, struct lam_err *err)
{
	if (lam_buf_reserve(buf, len, err) < 0)
		return -1;
	if (len > 0)
		memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
	return 0;
}

int lam_buf_puts(struct lam_buf *buf, const char *text, struct lam_err *err)
{
	return lam_buf_put(buf, text, strlen(text), err);
}

int lam_buf_printf(struct lam_buf *buf, struct lam_err *err, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (len < 0)
		return lam_err_set(err, EINVAL, "format");
	if (lam_buf_reserve(buf, (size_t)len, err) < 0)
		return -1;
	va_start(args, fmt);
	vsnprintf(buf->data + buf->len, (size_t)len + 1, fmt, args);
	va_end(args);
	buf->len += (size_t)len;
	return 0;
}

void lam_buf_free(struct lam_buf *buf)
{
	free(buf->data);
	*buf = (struct lam_buf)LAM_BUF_INIT;
}
