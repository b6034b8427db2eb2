/* dockerfile.c - Dockerfiles, words and ignore patterns for the front end, which is written in Lua.
 *
 *	make fuzz T=dockerfile SECONDS=600      (clang; any user, reads lua/ from disk)
 *
 * What is done with an input stands in dockerfile.lua. The lines of Lua that run are what libFuzzer
 * takes for coverage. A state has 64 MiB, and is made anew now and then so that none fills up. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

enum { COUNTERS = 1 << 14, MEMORY = 64 << 20, ROUNDS = 20000, LONGEST = 20000000 };

__attribute__((section("__libfuzzer_extra_counters"))) static uint8_t counters[COUNTERS];

static size_t used;          /* bytes of the state */
static long long lines_left; /* of the input that is at work */

int luaopen_lamina_core_json(lua_State *L);

/* What a collector hasn't collected yet isn't lost, and looking for it takes most of the time. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

static void *allocate(void *data, void *old, size_t old_size, size_t size)
{
	size_t had = old ? old_size : 0;

	(void)data;
	if (size > had && used + (size - had) > MEMORY)
		return NULL;
	used = used + size - had;
	if (size == 0) {
		free(old);
		return NULL;
	}
	return realloc(old, size);
}

/* The same number for a file in every run. */
static unsigned int number_of(const char *source)
{
	static struct {
		const char *source;
		unsigned int number;
	} known[256];
	unsigned int number = 0, slot = (unsigned int)((uintptr_t)source >> 4) % 256;

	if (known[slot].source == source)
		return known[slot].number;
	for (const char *name = source; *name; name++)
		number = number * 33 + (unsigned char)*name;
	known[slot].source = source;
	known[slot].number = number;
	return number;
}

static void on_line(lua_State *L, lua_Debug *at)
{
	lua_getinfo(L, "S", at);
	counters[(number_of(at->source) + (unsigned int)at->currentline * 7) % COUNTERS]++;
	if (--lines_left == 0)
		luaL_error(L, "more than %d lines ran", LONGEST);
}

static void check(lua_State *L, int status)
{
	if (status == LUA_OK)
		return;
	fprintf(stderr, "%s\n", luaL_tolstring(L, -1, NULL));
	abort();
}

static lua_State *new_state(void)
{
	static const char path[] = "package.path = 'lua/?.lua;' .. package.path";
	lua_State *L = lua_newstate(allocate, NULL);

	if (!L)
		abort();
	luaL_openlibs(L);
	luaL_requiref(L, "lamina.core.json", luaopen_lamina_core_json, 0);
	lua_pop(L, 1);
	check(L, luaL_dostring(L, path));
	check(L, luaL_dofile(L, "tests/fuzz/dockerfile.lua"));
	lua_sethook(L, on_line, LUA_MASKLINE, 0);
	return L;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static lua_State *L;
	static int round;

	if (L && ++round % ROUNDS == 0) {
		lua_close(L);
		L = NULL;
	}
	if (!L)
		L = new_state();
	lines_left = LONGEST;
	lua_settop(L, 1);
	lua_pushvalue(L, 1);
	lua_pushlstring(L, (const char *)bytes, size);
	check(L, lua_pcall(L, 1, 0, 0));
	return 0;
}
