/* err.c - see err.h */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int lam_err_set(struct lam_err *err, int num, const char *fmt, ...)
{
	va_list args;
	int len;

	err->num = num;
	va_start(args, fmt);
	len = vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	if (num && len >= 0 && (size_t)len < sizeof(err->text))
		snprintf(err->text + len, sizeof(err->text) - (size_t)len, ": %s", strerror(num));
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
	if (len >= 0 && (size_t)len < sizeof(err->text))
		snprintf(err->text + len, sizeof(err->text) - (size_t)len, ": %s", inner);
	return -1;
}
