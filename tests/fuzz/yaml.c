/* yaml.c - YAML for lamina.core.yaml.
 *
 *	make fuzz T=yaml SECONDS=600            (clang; any user)
 *
 * What is read can be written as JSON, unless it holds an infinity; that is YAML too, and means the
 * same. What is refused is refused with a reason. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

int luaopen_lamina_core_json(lua_State *L);
int luaopen_lamina_core_yaml(lua_State *L);

static const char round_trip[] =
    "local json, yaml = require 'lamina.core.json', require 'lamina.core.yaml'\n"
    "return function(text)\n"
    "  local value, lines = yaml.decode(text, { lines = true })\n"
    "  if value == nil then return assert(lines.message:find('^yaml: ')) end\n"
    "  local ok, written = pcall(json.encode, value)\n"
    "  if not ok then return assert(written:find('no JSON number', 1, true), written) end\n"
    /* JSON has characters and long keys as they are that YAML wants written otherwise */
    "  if #written > 1000 or written:find('[\\x7f-\\xff]') then return end\n"
    "  local again = assert(yaml.decode(written, { nodes = 1000000 }))\n"
    "  assert(json.encode(again) == written, written)\n"
    "end";

static lua_State *new_state(void)
{
	lua_State *L = luaL_newstate();

	if (!L)
		abort();
	luaL_openlibs(L);
	luaL_requiref(L, "lamina.core.json", luaopen_lamina_core_json, 0);
	luaL_requiref(L, "lamina.core.yaml", luaopen_lamina_core_yaml, 0);
	lua_settop(L, 0);
	if (luaL_dostring(L, round_trip) != LUA_OK)
		abort();
	return L;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static lua_State *L;

	if (!L)
		L = new_state();
	lua_settop(L, 1);
	lua_pushvalue(L, 1);
	lua_pushlstring(L, (const char *)bytes, size);
	if (lua_pcall(L, 1, 0, 0) == LUA_OK)
		return 0;
	fprintf(stderr, "%s\n", luaL_tolstring(L, -1, NULL));
	abort();
}
