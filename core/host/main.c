/* main.c - the lamina executable: one Lua state, the embedded scripts, the exit status.
 *
 * LAMINA_LUA=DIR makes `require` read lamina.* from DIR first, so that a script can be
 * changed without building. It is ignored where the kernel says the process has gained
 * privileges (getauxval(3), AT_SECURE). */
#include <fcntl.h>
#include <locale.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bind/lamlua.h"
#include "bind/preload.h"
#include "host/embed.h"

enum { EXIT_USAGE = 2 };

static int by_module(const void *key, const void *script)
{
	return strcmp(key, ((const struct lam_script *)script)->module);
}

static size_t count_scripts(void)
{
	size_t n = 0;

	while (lam_scripts[n].module)
		n++;
	return n;
}

/* A package searcher over the embedded scripts. */
static int find_embedded(lua_State *L)
{
	const char *module = luaL_checkstring(L, 1);
	const struct lam_script *script =
	    bsearch(module, lam_scripts, count_scripts(), sizeof(*lam_scripts), by_module);

	if (!script) {
		lua_pushfstring(L, "no embedded script '%s'", module);
		return 1;
	}
	if (luaL_loadbufferx(L, (const char *)script->code, script->size, module, "b") != LUA_OK)
		return lua_error(L);
	lua_pushstring(L, ":embedded:");
	return 2;
}

/* Makes it the searcher after package.preload: nothing on disk can stand in for ours. */
static void add_searcher(lua_State *L)
{
	lua_getglobal(L, "package");
	lua_getfield(L, -1, "searchers");
	for (lua_Integer i = luaL_len(L, -1); i >= 2; i--) {
		lua_geti(L, -1, i);
		lua_seti(L, -2, i + 1);
	}
	lua_pushcfunction(L, find_embedded);
	lua_seti(L, -2, 2);
	lua_pop(L, 2);
}

/* Reads every script from DIR: the embedded ones are left out, so none hides a missing file. */
static void use_directory(lua_State *L, const char *dir)
{
	lua_getglobal(L, "package");
	lua_getfield(L, -1, "path");
	lua_pushfstring(L, "%s/?.lua;%s", dir, lua_tostring(L, -1));
	lua_setfield(L, -3, "path");
	lua_pop(L, 2);
}

static int traceback(lua_State *L)
{
	if (lua_type(L, 1) == LUA_TSTRING)
		luaL_traceback(L, L, lua_tostring(L, 1), 1);
	return 1;
}

/* Runs lamina.cli.main(arguments), which answers the exit status. */
static int run(lua_State *L, int argc, char **argv)
{
	lua_pushcfunction(L, traceback);
	lua_getglobal(L, "require");
	lua_pushstring(L, "lamina.cli.main");
	if (lua_pcall(L, 1, 1, 1) != LUA_OK)
		return -1;
	lua_createtable(L, argc - 1, 1);
	for (int i = 0; i < argc; i++) {
		lua_pushstring(L, argv[i]);
		lua_seti(L, -2, i);
	}
	return lua_pcall(L, 1, 1, 1) == LUA_OK ? 0 : -1;
}

/* A stream that the caller has closed would become whatever is opened next: the database, say. */
static int open_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	return fd < 0 ? -1 : close(fd);
}

static void harden(void)
{
	const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none); /* a core could hold a secret */
	signal(SIGPIPE, SIG_IGN);
	umask(077);
	setlocale(LC_ALL, "C.UTF-8");
	setenv("TZ", "UTC", 1);
}

/* What the collector gives back is asked for again a moment later: the heap keeps it. */
static void keep_heap(void)
{
	enum { MIB = 1 << 20 };

	mallopt(M_TRIM_THRESHOLD, 64 * MIB);
	mallopt(M_TOP_PAD, MIB);
	mallopt(M_MMAP_THRESHOLD, MIB); /* set by hand, else the first one sets it to what it was */
}

int main(int argc, char **argv)
{
	const char *dir = getauxval(AT_SECURE) ? NULL : getenv("LAMINA_LUA");
	lua_State *L;
	int status;

	keep_heap();
	if (open_streams() < 0)
		return 1;
	L = lamL_newstate();
	if (!L || argc < 1) {
		fputs("lamina: out of memory\n", stderr);
		return 1;
	}
	harden();
	if (dir)
		use_directory(L, dir);
	else
		add_searcher(L);
	if (run(L, argc, argv) < 0) {
		fprintf(stderr, "lamina: internal error: %s\n", luaL_tolstring(L, -1, NULL));
		return 1;
	}
	status = lua_isinteger(L, -1) ? (int)lua_tointeger(L, -1) : EXIT_USAGE;
	/* What matters was closed where its scope ended. Taking the rest of the state apart would
	 * only cost time, and luv calls back into it while it goes. */
	return status;
}
