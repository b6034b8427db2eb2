/* l_scalar.c - see l_scalar.h */
#include "bind/l_scalar.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bind/l_json.h"

enum kind { TEXT, NOTHING, YES, NO, INTEGER, OCTAL, HEX, REAL, INFINITE, NOT_A_NUMBER };

static const struct {
	const char *word;
	enum kind kind;
} words[] = {
	{ "", NOTHING },          { "~", NOTHING },         { "null", NOTHING },
	{ "Null", NOTHING },      { "NULL", NOTHING },      { "true", YES },
	{ "True", YES },          { "TRUE", YES },          { "false", NO },
	{ "False", NO },          { "FALSE", NO },          { ".inf", INFINITE },
	{ ".Inf", INFINITE },     { ".INF", INFINITE },     { "+.inf", INFINITE },
	{ "+.Inf", INFINITE },    { "+.INF", INFINITE },    { "-.inf", INFINITE },
	{ "-.Inf", INFINITE },    { "-.INF", INFINITE },    { ".nan", NOT_A_NUMBER },
	{ ".NaN", NOT_A_NUMBER }, { ".NAN", NOT_A_NUMBER },
};

static const char digits[] = "0123456789";

/* [-+]? [0-9]+, or with a point, an exponent or both */
static enum kind number_kind(const char *text)
{
	enum kind kind = INTEGER;
	size_t whole, behind = 0;

	text += *text == '-' || *text == '+';
	whole = strspn(text, digits);
	text += whole;
	if (*text == '.') {
		kind = REAL;
		behind = strspn(++text, digits);
		text += behind;
	}
	if (whole + behind == 0)
		return TEXT;
	if (*text == 'e' || *text == 'E') {
		kind = REAL;
		text++;
		text += *text == '-' || *text == '+';
		if (!strspn(text, digits))
			return TEXT;
		text += strspn(text, digits);
	}
	return *text ? TEXT : kind;
}

static int is_all(const char *text, const char *of)
{
	return *text && text[strspn(text, of)] == '\0';
}

static enum kind kind_of(const char *text)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(text, words[i].word) == 0)
			return words[i].kind;
	if (strncmp(text, "0x", 2) == 0 && is_all(text + 2, "0123456789abcdefABCDEF"))
		return HEX;
	if (strncmp(text, "0o", 2) == 0 && is_all(text + 2, "01234567"))
		return OCTAL;
	return number_kind(text);
}

static const char *push_integer(lua_State *L, const char *text, int base)
{
	long long value;

	errno = 0;
	value = strtoll(text, NULL, base);
	if (errno)
		return "an integer beyond 64 bits (quoted, it is a text)";
	lua_pushinteger(L, value);
	return NULL;
}

static const char *push_real(lua_State *L, const char *text)
{
	double value = strtod(text, NULL);

	if (!isfinite(value))
		return "a number beyond doubles (quoted, it is a text)";
	lua_pushnumber(L, value);
	return NULL;
}

const char *lamL_pushscalar(lua_State *L, const char *text, size_t len)
{
	enum kind kind = kind_of(text);

	switch (kind) {
	case INTEGER:
		return push_integer(L, text, 10);
	case OCTAL:
		return push_integer(L, text + 2, 8);
	case HEX:
		return push_integer(L, text + 2, 16);
	case REAL:
		return push_real(L, text);
	case NOTHING:
		lamL_pushnull(L);
		break;
	case YES:
	case NO:
		lua_pushboolean(L, kind == YES);
		break;
	case INFINITE:
		lua_pushnumber(L, *text == '-' ? -HUGE_VAL : HUGE_VAL);
		break;
	case NOT_A_NUMBER:
		lua_pushnumber(L, (lua_Number)NAN);
		break;
	case TEXT:
		lua_pushlstring(L, text, len);
		break;
	}
	return NULL;
}
