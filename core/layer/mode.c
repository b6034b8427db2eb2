/* mode.c - see mode.h */
#include "layer/mode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { USER = 04700, GROUP = 02070, OTHER = 01007, ALL = 07777, ANY_X = 0111 };

int lam_mode_is_octal(const char *text)
{
	size_t digits = strspn(text, "01234567");

	return digits > 0 && text[digits] == '\0' && strtoul(text, NULL, 8) <= 07777;
}

/* "ugo" at the text, which moves behind it. */
static mode_t read_who(const char **text)
{
	mode_t who = 0;

	for (;; (*text)++) {
		if (**text == 'u')
			who |= USER;
		else if (**text == 'g')
			who |= GROUP;
		else if (**text == 'o')
			who |= OTHER;
		else if (**text == 'a')
			who |= ALL;
		else
			return who;
	}
}

/* The three bits of one of u, g, o for everybody. */
static mode_t spread(mode_t bits)
{
	return bits << 6 | bits << 3 | bits;
}

/* One letter behind the operator; -1 when it is none. */
static int one_permission(char c, mode_t mode, int is_dir)
{
	switch (c) {
	case 'r':
		return 0444;
	case 'w':
		return 0222;
	case 'x':
		return 0111;
	case 'X':
		return is_dir || (mode & ANY_X) ? 0111 : 0;
	case 's':
		return 06000;
	case 't':
		return 01000;
	case 'u':
		return (int)spread(mode >> 6 & 7);
	case 'g':
		return (int)spread(mode >> 3 & 7);
	case 'o':
		return (int)spread(mode & 7);
	default:
		return -1;
	}
}

/* "+rx" at the text: one operator and its letters. */
static int apply(const char **text, mode_t who, int is_dir, mode_t *mode)
{
	char operator= *(*text)++;
	mode_t bits = 0;
	int one;

	while (**text && !strchr("+-=,", **text)) {
		one = one_permission(**text, *mode, is_dir);
		if (one < 0)
			return -1;
		bits |= (mode_t)one;
		(*text)++;
	}
	if (operator== '-')
		*mode &= ~(bits & who);
	else if (operator== '+')
		*mode |= bits & who;
	else
		*mode = (*mode & ~who) | (bits & who);
	return 0;
}

/* "u+x-w" at the text. */
static int clause(const char **text, int is_dir, mode_t *mode)
{
	mode_t who = read_who(text);

	if (!who)
		who = ALL;
	if (!**text || !strchr("+-=", **text))
		return -1;
	while (**text && strchr("+-=", **text))
		if (apply(text, who, is_dir, mode) < 0)
			return -1;
	return 0;
}

int lam_mode_change(const char *text, mode_t old, int is_dir, mode_t *out, struct lam_err *err)
{
	const char *at = text;
	mode_t mode = old & 07777;

	if (lam_mode_is_octal(text)) {
		*out = (mode_t)strtoul(text, NULL, 8);
		return 0;
	}
	for (;;) {
		if (clause(&at, is_dir, &mode) < 0 || (*at && *at != ','))
			return lam_err_set(err, EINVAL, "mode '%.100s'", text);
		if (!*at)
			break;
		at++;
	}
	*out = mode;
	return 0;
}
