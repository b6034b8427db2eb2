/* l_terminal.c - require "lamina.core.terminal": the caller's terminal.
 *
 *   local raw <close> = assert(terminal.raw(0))   -- put back at the end of the block
 */
#include <limits.h>
#include <unistd.h>

#include "bind/lamlua.h"
#include "sys/terminal.h"

#define RAW_TYPE "lamina.raw"

/* terminal.is_terminal(fd) -> boolean */
static int l_is_terminal(lua_State *L)
{
	lua_pushboolean(L, isatty((int)luaL_checkinteger(L, 1)));
	return 1;
}

/* terminal.size(fd) -> rows, columns | nil, err */
static int l_size(lua_State *L)
{
	unsigned short rows, columns;
	struct lam_err err;

	if (lam_terminal_size((int)luaL_checkinteger(L, 1), &rows, &columns, &err) < 0)
		return lamL_fail(L, &err);
	lua_pushinteger(L, rows);
	lua_pushinteger(L, columns);
	return 2;
}

static unsigned short check_size(lua_State *L, int index)
{
	lua_Integer size = luaL_checkinteger(L, index);

	luaL_argcheck(L, size >= 0 && size <= USHRT_MAX, index, "0 to 65535 expected");
	return (unsigned short)size;
}

/* terminal.set_size(fd, rows, columns) -> true | nil, err */
static int l_set_size(lua_State *L)
{
	struct lam_err err;

	if (lam_terminal_set_size((int)luaL_checkinteger(L, 1), check_size(L, 2), check_size(L, 3),
				  &err) < 0)
		return lamL_fail(L, &err);
	lua_pushboolean(L, 1);
	return 1;
}

/* terminal.raw(fd) -> raw | nil, err */
static int l_raw(lua_State *L)
{
	int fd = (int)luaL_checkinteger(L, 1);
	struct lam_raw *raw = lua_newuserdatauv(L, sizeof(*raw), 0);
	struct lam_err err;

	raw->fd = -1;
	luaL_setmetatable(L, RAW_TYPE);
	return lam_terminal_raw(fd, raw, &err) < 0 ? lamL_fail(L, &err) : 1;
}

/* raw:restore() - also __close and __gc */
static int l_restore(lua_State *L)
{
	lam_terminal_restore(luaL_checkudata(L, 1, RAW_TYPE));
	return 0;
}

/* terminal.open() -> master, slave: descriptors that the caller closes | nil, err */
static int l_open(lua_State *L)
{
	int master, slave;
	struct lam_err err;

	if (lam_terminal_open(&master, &slave, &err) < 0)
		return lamL_fail(L, &err);
	lua_pushinteger(L, master);
	lua_pushinteger(L, slave);
	return 2;
}

static const luaL_Reg meta[] = { { "__gc", l_restore }, { "__close", l_restore }, { NULL, NULL } };
static const luaL_Reg methods[] = { { "restore", l_restore }, { NULL, NULL } };
static const luaL_Reg functions[] = {
	{ "is_terminal", l_is_terminal },
	{ "size", l_size },
	{ "set_size", l_set_size },
	{ "raw", l_raw },
	{ "open", l_open },
	{ NULL, NULL },
};

int luaopen_lamina_core_terminal(lua_State *L);
int luaopen_lamina_core_terminal(lua_State *L)
{
	lamL_newtype(L, RAW_TYPE, meta, methods);
	luaL_newlib(L, functions);
	return 1;
}
