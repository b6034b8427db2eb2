/* l_value.c - see l_value.h */
#include "bind/l_value.h"

#include <stdint.h>
#include <string.h>

#include "base/fd.h"

#define BUF_TYPE "lamina.value.buf"

enum { DEPTH = 64 };

static int l_gc(lua_State *L)
{
	lam_buf_free(luaL_checkudata(L, 1, BUF_TYPE));
	return 0;
}

static const luaL_Reg meta[] = { { "__gc", l_gc }, { NULL, NULL } };
static const luaL_Reg none[] = { { NULL, NULL } };

void lamL_value_type(lua_State *L)
{
	lamL_newtype(L, BUF_TYPE, meta, none);
}

struct lam_buf *lamL_value_buf(lua_State *L)
{
	struct lam_buf *buf = lamL_scratch(L, sizeof(*buf));

	luaL_setmetatable(L, BUF_TYPE);
	return buf;
}

static void put(lua_State *L, struct lam_buf *out, const void *data, size_t len)
{
	struct lam_err err;

	if (lam_buf_put(out, data, len, &err) < 0)
		luaL_error(L, "%s", err.text);
}

static void put_tagged(lua_State *L, struct lam_buf *out, char tag, const void *data, size_t len)
{
	put(L, out, &tag, 1);
	put(L, out, data, len);
}

static void put_string(lua_State *L, int index, struct lam_buf *out)
{
	size_t len;
	const char *text = luaL_tolstring(L, index, &len);
	uint64_t size = len;

	put_tagged(L, out, 's', &size, sizeof(size));
	put(L, out, text, len);
	lua_pop(L, 1);
}

static void put_value(lua_State *L, int index, struct lam_buf *out, int depth);

/* "t", keys and values in turn, "e". */
static void put_table(lua_State *L, int index, struct lam_buf *out, int depth)
{
	if (depth > DEPTH)
		luaL_error(L, "a value nested deeper than %d", DEPTH);
	put(L, out, "t", 1);
	for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
		put_value(L, lua_absindex(L, -2), out, depth + 1);
		put_value(L, lua_absindex(L, -1), out, depth + 1);
	}
	put(L, out, "e", 1);
}

static void put_number(lua_State *L, int index, struct lam_buf *out)
{
	if (lua_isinteger(L, index)) {
		lua_Integer value = lua_tointeger(L, index);

		put_tagged(L, out, 'i', &value, sizeof(value));
	} else {
		lua_Number value = lua_tonumber(L, index);

		put_tagged(L, out, 'd', &value, sizeof(value));
	}
}

static void put_value(lua_State *L, int index, struct lam_buf *out, int depth)
{
	luaL_checkstack(L, 6, "value");
	switch (lua_type(L, index)) {
	case LUA_TNIL:
		put(L, out, "n", 1);
		break;
	case LUA_TBOOLEAN:
		put(L, out, lua_toboolean(L, index) ? "T" : "F", 1);
		break;
	case LUA_TNUMBER:
		put_number(L, index, out);
		break;
	case LUA_TTABLE:
		put_table(L, index, out, depth);
		break;
	default:
		put_string(L, index, out);
	}
}

void lamL_value_put(lua_State *L, int index, struct lam_buf *out)
{
	put_value(L, lua_absindex(L, index), out, 0);
}

struct reader {
	const char *at, *end;
};

static void take(lua_State *L, struct reader *r, void *to, size_t len)
{
	if ((size_t)(r->end - r->at) < len)
		luaL_error(L, "a damaged answer");
	memcpy(to, r->at, len);
	r->at += len;
}

static void get_string(lua_State *L, struct reader *r)
{
	uint64_t size;

	take(L, r, &size, sizeof(size));
	if (size > (uint64_t)(r->end - r->at))
		luaL_error(L, "a damaged answer");
	lua_pushlstring(L, r->at, (size_t)size);
	r->at += size;
}

static int get_value(lua_State *L, struct reader *r, int depth);

static void get_table(lua_State *L, struct reader *r, int depth)
{
	if (depth > DEPTH + 1)
		luaL_error(L, "a damaged answer");
	lua_newtable(L);
	while (get_value(L, r, depth + 1)) {
		if (lua_isnil(L, -1) || !get_value(L, r, depth + 1))
			luaL_error(L, "a damaged answer");
		lua_rawset(L, -3);
	}
}

/* Pushes one; 0 (and nothing) at the mark that ends a table. */
static int get_value(lua_State *L, struct reader *r, int depth)
{
	lua_Integer integer;
	lua_Number number;
	char tag;

	luaL_checkstack(L, 6, "value");
	take(L, r, &tag, 1);
	switch (tag) {
	case 'n':
		lua_pushnil(L);
		return 1;
	case 'T':
	case 'F':
		lua_pushboolean(L, tag == 'T');
		return 1;
	case 'i':
		take(L, r, &integer, sizeof(integer));
		lua_pushinteger(L, integer);
		return 1;
	case 'd':
		take(L, r, &number, sizeof(number));
		lua_pushnumber(L, number);
		return 1;
	case 's':
		get_string(L, r);
		return 1;
	case 't':
		get_table(L, r, depth);
		return 1;
	case 'e':
		if (depth > 0)
			return 0;
		/* fallthrough */
	default:
		return luaL_error(L, "a damaged answer");
	}
}

int lamL_value_get(lua_State *L, const char *data, size_t size)
{
	struct reader r = { data, data + size };
	int n = 0;

	while (r.at < r.end)
		n += get_value(L, &r, 0);
	return n;
}

int lamL_frame_write(int fd, char kind, const void *data, size_t size)
{
	char head[1 + sizeof(uint64_t)];
	uint64_t size64 = size;
	struct lam_err ignored;

	head[0] = kind;
	memcpy(head + 1, &size64, sizeof(size64));
	if (lam_fd_write_all(fd, head, sizeof(head), "the pipe", &ignored) < 0)
		return -1;
	return lam_fd_write_all(fd, data, size, "the pipe", &ignored);
}

int lamL_frame_next(const struct lam_buf *got, struct lamL_frame *frame)
{
	uint64_t size;

	if (got->len < 1 + sizeof(size))
		return 0;
	memcpy(&size, got->data + 1, sizeof(size));
	if (size > got->len - 1 - sizeof(size))
		return 0;
	*frame = (struct lamL_frame){ got->data[0], got->data + 1 + sizeof(size), (size_t)size };
	return 1;
}

void lamL_frame_drop(struct lam_buf *got, const struct lamL_frame *frame)
{
	size_t whole = (size_t)(frame->data - got->data) + frame->size;

	memmove(got->data, got->data + whole, got->len - whole);
	got->len -= whole;
}
