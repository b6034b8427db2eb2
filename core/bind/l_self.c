/* l_self.c - the part of lamina.core.fs that tells who and when we are. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "bind/l_inode.h"

/* fs.getuid() -> uid, effective uid */
static int l_getuid(lua_State *L)
{
	lua_pushinteger(L, getuid());
	lua_pushinteger(L, geteuid());
	return 2;
}

/* fs.getpid() -> pid */
static int l_getpid(lua_State *L)
{
	lua_pushinteger(L, getpid());
	return 1;
}

/* fs.boot_id() -> text that is new with each boot | nil, err */
static int l_boot_id(lua_State *L)
{
	lam_autofd fd = -1;
	char text[37] = "";
	ssize_t n;

	fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, 36);
	lam_auto_close(&fd); /* before anything that may raise */
	if (n != 36)
		return lamL_done(L, -1, "read", "the boot id");
	lua_pushlstring(L, text, 36);
	return 1;
}

/* Field 22 of proc_pid_stat(5), after the name, which may hold anything. */
static long long start_time(long pid)
{
	char path[64], text[1024], *at;
	lam_autofd fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return -1;
	text[n] = '\0';
	at = strrchr(text, ')');
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	return at ? atoll(at + 1) : -1;
}

/* fs.start_time(pid) -> clock ticks since boot, which with the pid and the boot names one
 * process for ever | nil */
static int l_start_time(lua_State *L)
{
	long long ticks = start_time((long)luaL_checkinteger(L, 1));

	if (ticks < 0) {
		luaL_pushfail(L);
		return 1;
	}
	lua_pushinteger(L, ticks);
	return 1;
}

static const luaL_Reg functions[] = {
	{ "getuid", l_getuid },         { "getpid", l_getpid }, { "boot_id", l_boot_id },
	{ "start_time", l_start_time }, { NULL, NULL },
};

void lamL_self_functions(lua_State *L)
{
	luaL_setfuncs(L, functions, 0);
}
