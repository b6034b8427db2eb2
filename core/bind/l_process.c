/* l_process.c - the process userdata of lamina.core.namespace.
 *
 *   local process <close> = assert(namespace.start(spec))   -- killed when the block is left
 *   local status = assert(process:wait())                   -- { exited = 0 } or { signal = 9 }
 */
#define _GNU_SOURCE
#include "bind/l_process.h"

#include <signal.h>
#include <string.h>
#include <strings.h>

#include "sys/attend.h"
#include "sys/freeze.h"

#define PROCESS_TYPE "lamina.process"
#define SIGNALS_TYPE "lamina.signals"

static struct lam_process *check(lua_State *L)
{
	return luaL_checkudata(L, 1, PROCESS_TYPE);
}

struct lam_process *lamL_process_new(lua_State *L)
{
	struct lam_process *p = lua_newuserdatauv(L, sizeof(*p), 0);

	*p = (struct lam_process)LAM_PROCESS_NONE;
	luaL_setmetatable(L, PROCESS_TYPE);
	return p;
}

/* process:pid() -> integer */
static int l_pid(lua_State *L)
{
	lua_pushinteger(L, check(L)->pid);
	return 1;
}

/* process:pidfd() -> descriptor, readable once it has ended; stays the process' */
static int l_pidfd(lua_State *L)
{
	lua_pushinteger(L, check(L)->pidfd);
	return 1;
}

/* process:terminal() -> descriptor of its terminal's master side | nil */
static int l_terminal(lua_State *L)
{
	struct lam_process *p = check(L);

	if (p->terminal < 0)
		return 0;
	lua_pushinteger(L, p->terminal);
	return 1;
}

/* A number, or a name with or without "SIG". */
static int check_signal(lua_State *L, int index)
{
	const char *name;

	if (lua_isinteger(L, index))
		return (int)lua_tointeger(L, index);
	name = luaL_checkstring(L, index);
	if (strncasecmp(name, "SIG", 3) == 0)
		name += 3;
	for (int sig = 1; sig < NSIG; sig++) {
		const char *known = sigabbrev_np(sig);

		if (known && strcasecmp(known, name) == 0)
			return sig;
	}
	return luaL_argerror(L, index, "unknown signal");
}

/* process:kill(signal) -> true | nil, err */
static int l_kill(lua_State *L)
{
	struct lam_process *p = check(L);
	int sig = check_signal(L, 2);
	struct lam_err err;

	return lamL_result(L, lam_process_signal(p, sig, &err), &err);
}

static void set_seconds(lua_State *L, const char *field, const struct timeval *time)
{
	lua_pushnumber(L, (lua_Number)time->tv_sec + (lua_Number)time->tv_usec / 1e6);
	lua_setfield(L, -2, field);
}

static void set_bytes(lua_State *L, const char *field, long count, int unit)
{
	lua_pushinteger(L, (lua_Integer)count * unit);
	lua_setfield(L, -2, field);
}

/* What a child of ours has used; of somebody else's process that can't be known. */
static void set_usage(lua_State *L, const struct lam_process *p)
{
	enum { KIB = 1024, BLOCK = 512 }; /* getrusage(2) */

	if (!p->is_child)
		return;
	lua_createtable(L, 0, 5);
	set_seconds(L, "user", &p->usage.ru_utime);
	set_seconds(L, "system", &p->usage.ru_stime);
	set_bytes(L, "memory", p->usage.ru_maxrss, KIB);
	set_bytes(L, "read", p->usage.ru_inblock, BLOCK);
	set_bytes(L, "written", p->usage.ru_oublock, BLOCK);
	lua_setfield(L, -2, "usage");
}

static int push_status(lua_State *L, const struct lam_process *p)
{
	lua_createtable(L, 0, 3);
	set_usage(L, p);
	if (p->signal) {
		lua_pushinteger(L, p->signal);
		lua_setfield(L, -2, "signal");
		lua_pushfstring(L, "SIG%s",
				sigabbrev_np(p->signal) ? sigabbrev_np(p->signal) : "?");
		lua_setfield(L, -2, "name");
	} else {
		lua_pushinteger(L, p->code);
		lua_setfield(L, -2, "exited");
	}
	return 1;
}

/* process:wait([nohang]) -> { exited = code, usage= } | { signal = n, name = "SIGKILL", usage= } |
 * nil (it still runs) | nil, err; usage: { user=, system= (seconds), memory=, read=, written= } */
static int l_wait(lua_State *L)
{
	struct lam_process *p = check(L);
	struct lam_err err;
	int ended = lam_process_wait(p, lua_toboolean(L, 2), &err);

	if (ended < 0)
		return lamL_fail(L, &err);
	if (ended == 0) {
		lua_pushnil(L);
		return 1;
	}
	return push_status(L, p);
}

/* process:attend([{stdin=, stdout=}]) -> status as wait | nil, err */
static int l_attend(lua_State *L)
{
	struct lam_process *p = check(L);
	int in = (int)lamL_intfield(L, 2, "stdin", 0);
	int out = (int)lamL_intfield(L, 2, "stdout", 1);
	struct lam_err err;

	if (lam_process_attend(p, in, out, &err) < 0)
		return lamL_fail(L, &err);
	return push_status(L, p);
}

/* process:freeze() -> true | nil, err: all processes of its pid namespace stop */
static int l_freeze(lua_State *L)
{
	struct lam_err err;

	return lamL_result(L, lam_freeze(check(L)->pid, &err), &err);
}

/* process:thaw() -> true | nil, err */
static int l_thaw(lua_State *L)
{
	struct lam_err err;

	return lamL_result(L, lam_thaw(check(L)->pid, &err), &err);
}

/* process:close() - also __close and __gc: kills, reaps, closes */
static int l_close(lua_State *L)
{
	lam_process_release(check(L));
	return 0;
}

struct signals_box {
	sigset_t before;
	int held;
};

int lamL_hold_signals(lua_State *L)
{
	struct signals_box *box = lua_newuserdatauv(L, sizeof(*box), 0);

	box->held = 0;
	luaL_setmetatable(L, SIGNALS_TYPE);
	lam_attend_hold(&box->before);
	box->held = 1;
	return 1;
}

/* held:close() - also __close and __gc, so it may run more than once */
static int l_release_signals(lua_State *L)
{
	struct signals_box *box = luaL_checkudata(L, 1, SIGNALS_TYPE);

	if (box->held)
		lam_attend_release(&box->before);
	box->held = 0;
	return 0;
}

static const luaL_Reg signals_meta[] = { { "__gc", l_release_signals },
					 { "__close", l_release_signals },
					 { NULL, NULL } };
static const luaL_Reg signals_methods[] = { { "close", l_release_signals }, { NULL, NULL } };
static const luaL_Reg meta[] = { { "__gc", l_close }, { "__close", l_close }, { NULL, NULL } };
static const luaL_Reg methods[] = {
	{ "pid", l_pid },       { "pidfd", l_pidfd }, { "terminal", l_terminal },
	{ "kill", l_kill },     { "wait", l_wait },   { "attend", l_attend },
	{ "freeze", l_freeze }, { "thaw", l_thaw },   { "close", l_close },
	{ NULL, NULL },
};

void lamL_process_type(lua_State *L)
{
	lamL_newtype(L, PROCESS_TYPE, meta, methods);
	lamL_newtype(L, SIGNALS_TYPE, signals_meta, signals_methods);
}
