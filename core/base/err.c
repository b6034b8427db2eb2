/* err.c - see err.h */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Puts ": reason" behind the `len` bytes that the step has, or had before it was cut: a long path
 * loses its end, so that the reason stays. */
static void append(struct lam_err *err, int len, const char *reason)
{
	const size_t size = sizeof(err->text), least = size / 2;
	size_t at = len < 0 ? 0 : (size_t)len, need = strlen(reason) + sizeof("...: ");

	if (at + need > size)
		at = need < least ? size - need : at < least ? at : least;
	snprintf(err->text + at, size - at, "%s: %s", at < (size_t)(len < 0 ? 0 : len) ? "..." : "",
		 reason);
}

int lam_err_set(struct lam_err *err, int num, const char *fmt, ...)
{
	va_list args;
	int len;

	err->num = num;
	va_start(args, fmt);
	len = vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	if (num && num != EBADMSG) /* "Bad message" tells nobody anything */
		append(err, len, strerror(num));
	return -1;
}

int lam_err_wrap(struct lam_err *err, const char *fmt, ...)
{
	char inner[sizeof(err->text)];
	va_list args;
	int len;

	memcpy(inner, err->text, sizeof(inner));
	va_start(args, fmt);
	len = vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	append(err, len, inner);
	return -1;
}
