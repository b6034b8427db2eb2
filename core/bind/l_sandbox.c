/* l_sandbox.c - require "lamina.core.sandbox": a recipe in a Lua state of its own.
 *
 *   local text, err = sandbox.run {
 *     modules = { { "lamina.recipe.evaluate", bytecode }, … },   -- ours; `require` finds these
 *     main = "lamina.recipe.evaluate",     -- answers a function(input) -> string
 *     input = "…", memory = 64 << 20, instructions = 100000000,
 *   }
 *
 * The new state has Lua's base, coroutine, table, string, math, utf8 and debug libraries, and the
 * core modules json, yaml and fs: what of it a recipe sees is for `main` to decide. Its memory is
 * counted, and so are its instructions, in every coroutine. Who is over a limit can't catch it:
 * the state is left by longjmp and its memory freed as a whole; the answer is then nil, err with
 * the place in its message. Running out of memory is Lua's own error, which a
 * script may catch. Meant to run as a job (l_job.c). */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <lualib.h>

#include "bind/lamlua.h"

#define SANDBOX_TYPE "lamina.sandbox"

enum { HOOK_STEP = 1000 };

/* Before every block the state has, so that all can be freed without asking it. */
struct block {
	_Alignas(max_align_t) struct block *before;
	struct block *behind;
};

struct sandbox {
	struct block all;       /* head of the ring */
	size_t used, limit;     /* bytes */
	long long instructions; /* that are left */
	jmp_buf escape;
	char source[LUA_IDSIZE]; /* where it was when the limit was hit, as Lua shows it */
	int line;
};

static void unlink_block(struct block *block)
{
	block->before->behind = block->behind;
	block->behind->before = block->before;
}

static void link_block(struct sandbox *box, struct block *block)
{
	block->before = &box->all;
	block->behind = box->all.behind;
	block->behind->before = block;
	box->all.behind = block;
}

/* lua_Alloc: counts, and refuses what is over the limit. */
static void *allocate(void *user, void *old, size_t old_size, size_t size)
{
	struct sandbox *box = user;
	struct block *block = old ? (struct block *)((char *)old - sizeof(struct block)) : NULL;
	size_t had = old ? old_size : 0;

	if (size == 0) {
		if (block) {
			unlink_block(block);
			box->used -= had;
			free(block);
		}
		return NULL;
	}
	if (size > had && size - had > box->limit - box->used)
		return NULL;
	if (block)
		unlink_block(block);
	struct block *new = realloc(block, sizeof(struct block) + size);
	if (!new) {
		if (block)
			link_block(box, block);
		return NULL;
	}
	link_block(box, new);
	box->used = box->used - had + size;
	return new + 1; /* what stands behind it is as aligned as it is */
}

static void free_blocks(struct sandbox *box)
{
	while (box->all.behind != &box->all) {
		struct block *block = box->all.behind;

		unlink_block(block);
		free(block);
	}
	box->used = 0;
}

static struct sandbox *box_of(lua_State *S)
{
	void *user;

	lua_getallocf(S, &user);
	return user;
}

/* Every HOOK_STEP instructions. Coroutines inherit the hook from who makes them. */
static void count(lua_State *S, lua_Debug *at)
{
	struct sandbox *box = box_of(S);

	box->instructions -= HOOK_STEP;
	if (box->instructions > 0)
		return;
	if (lua_getinfo(S, "Sl", at)) {
		memcpy(box->source, at->short_src, sizeof(box->source));
		box->line = at->currentline;
	}
	longjmp(box->escape, 1);
}

/* require(name), of our modules only: upvalue 1 maps names to bytecode, 2 to what they gave. */
static int l_require(lua_State *S)
{
	size_t size;
	const char *code, *name = luaL_checkstring(S, 1);

	lua_settop(S, 1);
	if (lua_getfield(S, lua_upvalueindex(2), name) != LUA_TNIL)
		return 1;
	if (lua_getfield(S, lua_upvalueindex(1), name) != LUA_TSTRING)
		return luaL_error(S, "the sandbox has no module '%s'", name);
	code = lua_tolstring(S, -1, &size);
	if (luaL_loadbufferx(S, code, size, name, "b") != LUA_OK)
		return lua_error(S);
	lua_pushvalue(S, 1);
	lua_call(S, 1, 1);
	lua_pushvalue(S, -1);
	lua_setfield(S, lua_upvalueindex(2), name);
	return 1;
}

int luaopen_lamina_core_json(lua_State *L);
int luaopen_lamina_core_yaml(lua_State *L);
int luaopen_lamina_core_fs(lua_State *L);

static const luaL_Reg libraries[] = {
	{ LUA_GNAME, luaopen_base },       { LUA_COLIBNAME, luaopen_coroutine },
	{ LUA_TABLIBNAME, luaopen_table }, { LUA_STRLIBNAME, luaopen_string },
	{ LUA_MATHLIBNAME, luaopen_math }, { LUA_UTF8LIBNAME, luaopen_utf8 },
	{ LUA_DBLIBNAME, luaopen_debug },  { NULL, NULL },
};

static const luaL_Reg core[] = {
	{ "lamina.core.json", luaopen_lamina_core_json },
	{ "lamina.core.yaml", luaopen_lamina_core_yaml },
	{ "lamina.core.fs", luaopen_lamina_core_fs },
	{ NULL, NULL },
};

/* What the sandbox needs of the caller's request; the strings are the caller's. */
struct request {
	lua_State *from;
	const char *main, *input;
	size_t input_size;
};

/* Copies the modules' bytecode from the caller's state (its request is at index 1). */
static void push_modules(lua_State *S, lua_State *L)
{
	lua_newtable(S);
	lua_getfield(L, 1, "modules");
	for (lua_Integer i = 1; lua_geti(L, -1, i) == LUA_TTABLE; i++) {
		size_t size;
		const char *code;

		lua_geti(L, -1, 1);
		lua_geti(L, -2, 2);
		code = lua_tolstring(L, -1, &size);
		if (code && lua_isstring(L, -2)) {
			lua_pushlstring(S, code, size);
			lua_setfield(S, -2, lua_tostring(L, -2));
		}
		lua_pop(L, 3);
	}
	lua_pop(L, 2);
}

/* Protected: sets the state up, runs main(input), leaves its text. */
static int enter(lua_State *S)
{
	const struct request *request = lua_touserdata(S, 1);

	for (const luaL_Reg *library = libraries; library->func; library++) {
		luaL_requiref(S, library->name, library->func, 1);
		lua_pop(S, 1);
	}
	push_modules(S, request->from);
	lua_newtable(S); /* what is loaded */
	for (const luaL_Reg *module = core; module->func; module++) {
		lua_pushcfunction(S, module->func);
		lua_call(S, 0, 1);
		lua_setfield(S, -2, module->name);
	}
	lua_pushcclosure(S, l_require, 2);
	lua_setglobal(S, "require");
	lua_getglobal(S, "require");
	lua_pushstring(S, request->main);
	lua_call(S, 1, 1);
	lua_pushlstring(S, request->input, request->input_size);
	lua_sethook(S, count, LUA_MASKCOUNT, HOOK_STEP);
	lua_call(S, 1, 1);
	if (lua_type(S, -1) != LUA_TSTRING)
		return luaL_error(S, "%s answered no text", request->main);
	return 1;
}

static int push_limit(lua_State *L, const struct sandbox *box)
{
	struct lam_err err;

	lam_err_set(&err, 0, "%s:%d: it takes too many instructions", box->source, box->line);
	return lamL_fail(L, &err);
}

static int push_answer(lua_State *L, lua_State *S, int status)
{
	struct lam_err err;
	size_t size;
	const char *text = lua_tolstring(S, -1, &size);

	if (status == LUA_OK) {
		lua_pushlstring(L, text, size);
		return 1;
	}
	lam_err_set(&err, 0, "%s", text ? text : "an error that is no text");
	return lamL_fail(L, &err);
}

static int l_free(lua_State *L)
{
	free_blocks(lua_touserdata(L, 1));
	return 0;
}

static struct sandbox *new_box(lua_State *L)
{
	struct sandbox *box = lamL_scratch(L, sizeof(*box));

	box->all.before = box->all.behind = &box->all;
	luaL_setmetatable(L, SANDBOX_TYPE);
	box->limit = (size_t)lamL_intfield(L, 1, "memory", 64 << 20);
	box->instructions = lamL_intfield(L, 1, "instructions", 100000000);
	return box;
}

/* sandbox.run(request) -> text | nil, err */
static int l_run(lua_State *L)
{
	static const char *const known[] = { "modules", "main",         "input",
					     "memory",  "instructions", NULL };
	struct request request = { L, NULL, NULL, 0 };
	struct sandbox *box;
	lua_State *S;
	struct lam_err err;

	luaL_checktype(L, 1, LUA_TTABLE);
	lamL_checkkeys(L, 1, known);
	lua_settop(L, 1);
	request.main = lamL_optfield(L, 1, "main", NULL);
	luaL_argcheck(L, request.main, 1, "main expected");
	luaL_argcheck(L, lua_getfield(L, 1, "modules") == LUA_TTABLE, 1, "modules expected");
	if (lua_getfield(L, 1, "input") == LUA_TNIL)
		request.input = "";
	else if (lua_type(L, -1) == LUA_TSTRING) /* any bytes; kept alive by the table */
		request.input = lua_tolstring(L, -1, &request.input_size);
	else
		luaL_error(L, "option 'input': string expected, got %s", luaL_typename(L, -1));
	lua_settop(L, 1);
	box = new_box(L);
	S = lua_newstate(allocate, box);
	if (!S) {
		lam_err_set(&err, ENOMEM, "a new Lua state");
		return lamL_fail(L, &err);
	}
	if (setjmp(box->escape))
		return push_limit(L, box); /* S is lost; its memory goes with the box */
	lua_pushcfunction(S, enter);
	lua_pushlightuserdata(S, &request);
	push_answer(L, S, lua_pcall(S, 1, 1, 0));
	free_blocks(box);
	return lua_gettop(L) - 2; /* behind the request and the box */
}

static const luaL_Reg meta[] = { { "__gc", l_free }, { NULL, NULL } };
static const luaL_Reg methods[] = { { NULL, NULL } };
static const luaL_Reg functions[] = { { "run", l_run }, { NULL, NULL } };

int luaopen_lamina_core_sandbox(lua_State *L);
int luaopen_lamina_core_sandbox(lua_State *L)
{
	lamL_newtype(L, SANDBOX_TYPE, meta, methods);
	luaL_newlib(L, functions);
	return 1;
}
