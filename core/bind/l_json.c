/* l_json.c - require "lamina.core.json": RFC 8259 through jansson, canonical on the way out.
 *
 * Decoded arrays carry a mark (a metatable), so that an empty one is written as [] again. Keys
 * are sorted; integers stay exact. Decoding is bounded in size and depth. */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "bind/l_json.h"
#include "bind/lamlua.h"

#define DOCUMENT_TYPE "lamina.json.document"

enum { DEPTH = 64, LIMIT = 8 << 20 };

static const char array_key; /* registry: the metatable that marks an array */
static const char null_key;  /* registry: json.null, an empty table of its own */

/* A document in a userdata: freed by the collector also when an error is raised meanwhile. */
static json_t **new_document(lua_State *L)
{
	json_t **slot = lamL_scratch(L, sizeof(*slot));

	luaL_setmetatable(L, DOCUMENT_TYPE);
	return slot;
}

static int l_document_gc(lua_State *L)
{
	json_t **slot = luaL_checkudata(L, 1, DOCUMENT_TYPE);

	json_decref(*slot);
	*slot = NULL;
	return 0;
}

void lamL_markarray(lua_State *L)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &array_key);
	lua_setmetatable(L, -2);
}

void lamL_pushnull(lua_State *L)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &null_key);
}

static void push_value(lua_State *L, const json_t *value);

static void push_array(lua_State *L, const json_t *value)
{
	size_t n = json_array_size(value);

	lua_createtable(L, (int)n, 0);
	lamL_markarray(L);
	for (size_t i = 0; i < n; i++) {
		push_value(L, json_array_get(value, i));
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}

static void push_object(lua_State *L, const json_t *value)
{
	json_t *object = (json_t *)(uintptr_t)value; /* its iterators take no const */
	void *at;

	lua_createtable(L, 0, (int)json_object_size(value));
	for (at = json_object_iter(object); at; at = json_object_iter_next(object, at)) {
		lua_pushstring(L, json_object_iter_key(at));
		push_value(L, json_object_iter_value(at));
		lua_rawset(L, -3);
	}
}

static void push_value(lua_State *L, const json_t *value)
{
	luaL_checkstack(L, 6, "json");
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		push_object(L, value);
		break;
	case JSON_ARRAY:
		push_array(L, value);
		break;
	case JSON_STRING:
		lua_pushlstring(L, json_string_value(value), json_string_length(value));
		break;
	case JSON_INTEGER:
		lua_pushinteger(L, json_integer_value(value));
		break;
	case JSON_REAL:
		lua_pushnumber(L, json_real_value(value));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		lua_pushboolean(L, json_is_true(value));
		break;
	case JSON_NULL:
		lamL_pushnull(L);
		break;
	}
}

/* The deepest nesting of a text, found before the parser recurses into it. */
static int nesting(const char *text, size_t len)
{
	int depth = 0, deepest = 0, in_string = 0;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = 0;
			continue;
		}
		if (c == '"')
			in_string = 1;
		else if (c == '[' || c == '{')
			deepest = ++depth > deepest ? depth : deepest;
		else if (c == ']' || c == '}')
			depth--;
	}
	return deepest;
}

static int fail_text(lua_State *L, const char *fmt, ...) LAM_PRINTF(2, 3);
static int fail_text(lua_State *L, const char *fmt, ...)
{
	struct lam_err err = { 0, "" };
	va_list args;

	va_start(args, fmt);
	vsnprintf(err.text, sizeof(err.text), fmt, args);
	va_end(args);
	return lamL_fail(L, &err);
}

/* json.decode(text[, {depth=, limit=, strict=}]) -> value | nil, err; strict refuses a key that
 * comes twice */
static int l_decode(lua_State *L)
{
	static const char *const known[] = { "depth", "limit", "strict", NULL };
	size_t len;
	const char *text = luaL_checklstring(L, 1, &len);
	lua_Integer depth, limit;
	size_t flags = JSON_DECODE_ANY;
	json_error_t error;
	json_t **slot;

	lamL_options(L, 2, known);
	depth = lamL_intfield(L, 2, "depth", DEPTH);
	limit = lamL_intfield(L, 2, "limit", LIMIT);
	if (lamL_boolfield(L, 2, "strict", 0))
		flags |= JSON_REJECT_DUPLICATES;
	if ((lua_Integer)len > limit)
		return fail_text(L, "json: longer than the limit of %lld bytes", (long long)limit);
	if (memchr(text, '\0', len)) /* the parser would take one behind the value for the end */
		return fail_text(L, "json: a zero byte");
	if (nesting(text, len) > depth)
		return fail_text(L, "json: nested deeper than the limit of %lld", (long long)depth);
	slot = new_document(L);
	*slot = json_loadb(text, len, flags, &error);
	if (!*slot)
		return fail_text(L, "json: line %d, column %d: %s", error.line, error.column,
				 error.text);
	push_value(L, *slot);
	return 1;
}

static json_t *make_value(lua_State *L, int index, int depth);

static int has_mark(lua_State *L, int index)
{
	int same;

	if (!lua_getmetatable(L, index))
		return 0;
	lua_rawgetp(L, LUA_REGISTRYINDEX, &array_key);
	same = lua_rawequal(L, -1, -2);
	lua_pop(L, 2);
	return same;
}

static int is_null(lua_State *L, int index)
{
	int same;

	lamL_pushnull(L);
	same = lua_rawequal(L, -1, index);
	lua_pop(L, 1);
	return same;
}

/* A table with other keys than 1 to n would lose them. */
static void check_list(lua_State *L, int index, lua_Integer n)
{
	lua_Integer keys = 0;

	for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1))
		keys++;
	if (keys != n)
		luaL_error(L, "json: a table is either a list without gaps or an object");
}

/* Each container is held by a document userdata on the stack while its children are made, since
 * they may raise. */
static json_t *make_array(lua_State *L, int index, int depth)
{
	json_t **slot = new_document(L), *made;
	lua_Integer n = (lua_Integer)lua_rawlen(L, index);

	check_list(L, index, n);
	*slot = json_array();
	for (lua_Integer i = 1; i <= n; i++) {
		lua_rawgeti(L, index, i);
		if (json_array_append_new(*slot, make_value(L, lua_gettop(L), depth + 1)) < 0)
			luaL_error(L, "json: out of memory");
		lua_pop(L, 1);
	}
	made = json_incref(*slot);
	lua_pop(L, 1);
	return made;
}

static json_t *make_object(lua_State *L, int index, int depth)
{
	json_t **slot = new_document(L), *made;

	*slot = json_object();
	for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
		size_t len;
		const char *key;
		json_t *value;

		if (lua_type(L, -2) != LUA_TSTRING)
			luaL_error(L, "json: keys of an object are strings, not %s",
				   luaL_typename(L, -2));
		key = lua_tolstring(L, -2, &len);
		if (strlen(key) != len)
			luaL_error(L, "json: a zero byte in a key");
		value = make_value(L, lua_gettop(L), depth + 1);
		if (json_object_set_new(*slot, key, value) < 0)
			luaL_error(L, "json: key '%s' is not UTF-8", key);
	}
	made = json_incref(*slot);
	lua_pop(L, 1);
	return made;
}

static json_t *make_string(lua_State *L, int index)
{
	size_t len;
	const char *text = lua_tolstring(L, index, &len);
	json_t *value = json_stringn(text, len);

	if (!value)
		luaL_error(L, "json: a string is not UTF-8");
	return value;
}

static json_t *make_number(lua_State *L, int index)
{
	lua_Number number;

	if (lua_isinteger(L, index))
		return json_integer(lua_tointeger(L, index));
	number = lua_tonumber(L, index);
	if (!isfinite(number))
		luaL_error(L, "json: %f is no JSON number", number);
	return json_real(number);
}

static json_t *make_value(lua_State *L, int index, int depth)
{
	luaL_checkstack(L, 10, "json");
	if (depth > 2 * DEPTH)
		luaL_error(L, "json: nested deeper than %d", 2 * DEPTH);
	switch (lua_type(L, index)) {
	case LUA_TTABLE:
		if (is_null(L, index))
			return json_null();
		if (has_mark(L, index) || lua_rawlen(L, index) > 0)
			return make_array(L, index, depth);
		return make_object(L, index, depth);
	case LUA_TSTRING:
		return make_string(L, index);
	case LUA_TNUMBER:
		return make_number(L, index);
	case LUA_TBOOLEAN:
		return json_boolean(lua_toboolean(L, index));
	default:
		luaL_error(L, "json: a %s has no JSON form", luaL_typename(L, index));
		return NULL;
	}
}

struct writer {
	lua_State *L;
	luaL_Buffer buffer;
};

static int write_chunk(const char *data, size_t len, void *to)
{
	luaL_addlstring(&((struct writer *)to)->buffer, data, len);
	return 0;
}

/* json.encode(value[, {indent=}]) -> text; raises for what has no JSON form */
static int l_encode(lua_State *L)
{
	static const char *const known[] = { "indent", NULL };
	struct writer writer = { .L = L };
	lua_Integer indent;
	size_t flags;
	json_t **slot;

	luaL_checkany(L, 1);
	lamL_options(L, 2, known);
	indent = lamL_intfield(L, 2, "indent", 0);
	luaL_argcheck(L, indent >= 0 && indent <= 31, 2, "option 'indent': 0 to 31 expected");
	flags = JSON_SORT_KEYS | JSON_ENCODE_ANY | JSON_INDENT((size_t)indent);
	lua_settop(L, 1);
	slot = new_document(L);
	*slot = make_value(L, 1, 0);
	luaL_buffinit(L, &writer.buffer);
	if (json_dump_callback(*slot, write_chunk, &writer, indent ? flags : flags | JSON_COMPACT) <
	    0)
		return luaL_error(L, "json: can't be written");
	luaL_pushresult(&writer.buffer);
	return 1;
}

/* json.array([table]) -> the table, marked as an array */
static int l_array(lua_State *L)
{
	if (lua_isnoneornil(L, 1)) {
		lua_settop(L, 0);
		lua_newtable(L);
	}
	luaL_checktype(L, 1, LUA_TTABLE);
	luaL_argcheck(L, !is_null(L, 1), 1, "json.null is no array");
	lua_settop(L, 1);
	lamL_markarray(L);
	return 1;
}

/* json.is_array(value) -> boolean: marked, or not empty and counted from 1 */
static int l_is_array(lua_State *L)
{
	lua_pushboolean(L, lua_istable(L, 1) && (has_mark(L, 1) || lua_rawlen(L, 1) > 0));
	return 1;
}

static int l_null_tostring(lua_State *L)
{
	lua_pushliteral(L, "null");
	return 1;
}

/* There is one null for everybody: what is put into it would be in all of them. */
static int l_null_newindex(lua_State *L)
{
	return luaL_error(L, "json.null can't be changed");
}

static const luaL_Reg document_meta[] = { { "__gc", l_document_gc }, { NULL, NULL } };
static const luaL_Reg none[] = { { NULL, NULL } };
static const luaL_Reg functions[] = {
	{ "decode", l_decode },     { "encode", l_encode }, { "array", l_array },
	{ "is_array", l_is_array }, { NULL, NULL },
};

void lamL_jsonmarks(lua_State *L)
{
	int is_made = lua_rawgetp(L, LUA_REGISTRYINDEX, &null_key) != LUA_TNIL;

	lua_pop(L, 1);
	if (is_made)
		return;
	lua_newtable(L);
	lua_pushliteral(L, "json.array");
	lua_setfield(L, -2, "__name");
	lua_rawsetp(L, LUA_REGISTRYINDEX, &array_key);
	lua_newtable(L); /* null itself */
	lua_newtable(L);
	lua_pushcfunction(L, l_null_tostring);
	lua_setfield(L, -2, "__tostring");
	lua_pushcfunction(L, l_null_newindex);
	lua_setfield(L, -2, "__newindex");
	lua_setmetatable(L, -2);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &null_key);
}

int luaopen_lamina_core_json(lua_State *L);
int luaopen_lamina_core_json(lua_State *L)
{
	lamL_newtype(L, DOCUMENT_TYPE, document_meta, none);
	lamL_jsonmarks(L);
	luaL_newlib(L, functions);
	lamL_pushnull(L);
	lua_setfield(L, -2, "null");
	return 1;
}
