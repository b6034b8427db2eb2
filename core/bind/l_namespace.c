/* l_namespace.c - require "lamina.core.namespace": entering, and processes in namespaces.
 *
 *   local home = assert(namespace.enter())                 -- once, before any thread
 *   local process <close> = assert(namespace.start { root = fd, args = { "true" }, env = {} })
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "bind/l_process.h"
#include "bind/l_start.h"
#include "bind/lamlua.h"
#include "sys/daemon.h"
#include "sys/enter.h"
#include "sys/freeze.h"
#include "sys/netns.h"
#include "sys/passwd.h"
#include "sys/probe.h"
#include "sys/stubs.h"

#define STUBS_TYPE "lamina.stubs"
#define NETNS_TYPE "lamina.netns"

/* namespace.enter([{join=pid}]) -> { rootless=, ids=, uid=, userxattr= } | nil, err */
static int l_enter(lua_State *L)
{
	static const char *const known[] = { "join", NULL };
	pid_t join = 0;
	struct lam_home *home;
	struct lam_err err;
	int result;

	lamL_options(L, 1, known);
	if (!lua_isnoneornil(L, 1) && lua_getfield(L, 1, "join") != LUA_TNIL)
		join = lamL_checkpid(L, lua_gettop(L));
	home = lamL_scratch(L, sizeof(*home));
	result = join > 0 ? lam_enter_join(join, home, &err) : lam_enter(home, &err);
	if (result < 0)
		return lamL_fail(L, &err);
	lamL_keep_home(L);
	lua_createtable(L, 0, 4);
	lua_pushboolean(L, home->rootless);
	lua_setfield(L, -2, "rootless");
	lua_pushboolean(L, home->rootless);
	lua_setfield(L, -2, "userxattr");
	lua_pushinteger(L, home->ids);
	lua_setfield(L, -2, "ids");
	lua_pushinteger(L, home->uid);
	lua_setfield(L, -2, "uid");
	return 1;
}

/* Pushes a descriptor, -1 at first, that the collector closes. */
static int *new_descriptor(lua_State *L)
{
	int *fd = lamL_scratch(L, sizeof(*fd));

	*fd = -1;
	luaL_setmetatable(L, NETNS_TYPE);
	return fd;
}

/* namespace.attach(pid) -> process that is not ours to kill on close | nil, err */
static int l_attach(lua_State *L)
{
	pid_t pid = lamL_checkpid(L, 1);
	struct lam_process *p = lamL_process_new(L);
	struct lam_err err;

	return lam_process_attach(pid, p, &err) < 0 ? lamL_fail(L, &err) : 1;
}

/* Reads the list `fds`; returns how many. */
static size_t read_descriptors(lua_State *L, int fds[LAM_HELPER_FDS])
{
	size_t n;

	if (lua_getfield(L, 1, "fds") == LUA_TNIL)
		return 0;
	if (!lua_istable(L, -1) || (n = lua_rawlen(L, -1)) > LAM_HELPER_FDS)
		return (size_t)luaL_error(L, "option 'fds': at most %d descriptors expected",
					  LAM_HELPER_FDS);
	for (size_t i = 0; i < n; i++) {
		lua_rawgeti(L, -1, (lua_Integer)i + 1);
		fds[i] = lamL_checkfd(L, -1, "option 'fds'");
		lua_pop(L, 1);
	}
	return n;
}

/* namespace.spawn{args=, env=, stdin=, stdout=, stderr=, fds={...}} -> process | nil, err:
 * a program of the host; fds[i] becomes descriptor 2 + i */
static int l_spawn(lua_State *L)
{
	static const char *const known[] = {
		"args", "env", "stdin", "stdout", "stderr", "fds", NULL
	};
	struct lam_process *p;
	struct lam_err err;
	int fds[LAM_HELPER_FDS], stdio[3];
	size_t nfds;
	char **args, **env;

	lamL_checkkeys(L, 1, known);
	args = lamL_strings(L, 1, "args", NULL);
	env = lua_getfield(L, 1, "env") == LUA_TNIL ? environ : lamL_strings(L, 1, "env", NULL);
	stdio[0] = (int)lamL_intfield(L, 1, "stdin", -1);
	stdio[1] = (int)lamL_intfield(L, 1, "stdout", -1);
	stdio[2] = (int)lamL_intfield(L, 1, "stderr", -1);
	nfds = read_descriptors(L, fds);
	luaL_argcheck(L, args[0], 1, "option 'args' is empty");
	p = lamL_process_new(L);
	return lam_process_helper(args, env, fds, nfds, stdio, p, &err) < 0 ? lamL_fail(L, &err)
									    : 1;
}

/* Takes away at once what was made: the collector may never come to it. */
static int fail_stubs(lua_State *L, struct lam_stubs *stubs, const struct lam_err *err)
{
	lam_stubs_remove(stubs);
	return lamL_fail(L, err);
}

/* namespace.prepare(root, {{path=, kind="file"|"dir"}, ...}) -> stubs | nil, err */
static int l_prepare(lua_State *L)
{
	static const char *const always[] = { "/proc", "/sys", "/dev" };
	static const char *const known[] = { "path", "kind", NULL };
	int root = lamL_checkfd(L, 1, "root");
	struct lam_stubs *stubs;
	struct lam_err err;

	luaL_checktype(L, 2, LUA_TTABLE);
	stubs = lamL_scratch(L, sizeof(*stubs));
	luaL_setmetatable(L, STUBS_TYPE);
	for (size_t i = 0; i < 3; i++)
		if (lam_stubs_add(stubs, root, always[i], 1, &err) < 0)
			return fail_stubs(L, stubs, &err);
	for (lua_Integer i = 1, n = luaL_len(L, 2); i <= n; i++) {
		const char *path, *kind;

		lua_geti(L, 2, i);
		lamL_checkkeys(L, -1, known);
		path = lamL_optfield(L, -1, "path", NULL);
		kind = lamL_optfield(L, -1, "kind", "dir");
		luaL_argcheck(L, path, 2, "a mount target needs a path");
		luaL_argcheck(L, strcmp(kind, "dir") == 0 || strcmp(kind, "file") == 0, 2,
			      "a mount target is of kind dir or file");
		if (lam_stubs_add(stubs, root, path, strcmp(kind, "dir") == 0, &err) < 0)
			return fail_stubs(L, stubs, &err);
		lua_pop(L, 1);
	}
	return 1;
}

/* stubs:remove() - also __close and __gc */
static int l_stubs_remove(lua_State *L)
{
	lam_stubs_remove(luaL_checkudata(L, 1, STUBS_TYPE));
	return 0;
}

/* namespace.resolve_user(root, "name:group") -> {uid=, gid=, groups=, home=, name=} | nil, err */
static int l_resolve_user(lua_State *L)
{
	int root = lamL_checkfd(L, 1, "root");
	const char *spec = luaL_checkstring(L, 2);
	struct lam_user *user = lamL_scratch(L, sizeof(*user));
	struct lam_err err;

	if (lam_user_resolve(root, spec, user, &err) < 0)
		return lamL_fail(L, &err);
	lua_createtable(L, 0, 5);
	lua_pushinteger(L, user->uid);
	lua_setfield(L, -2, "uid");
	lua_pushinteger(L, user->gid);
	lua_setfield(L, -2, "gid");
	lua_pushstring(L, user->home);
	lua_setfield(L, -2, "home");
	lua_pushstring(L, user->name);
	lua_setfield(L, -2, "name");
	lua_createtable(L, user->ngroups, 0);
	for (int i = 0; i < user->ngroups; i++) {
		lua_pushinteger(L, user->groups[i]);
		lua_seti(L, -2, i + 1);
	}
	lua_setfield(L, -2, "groups");
	return 1;
}

/* namespace.network() -> netns | nil, err */
static int l_network(lua_State *L)
{
	int *fd = new_descriptor(L);
	struct lam_err err;

	*fd = lam_netns_new(&err);
	return *fd < 0 ? lamL_fail(L, &err) : 1;
}

/* netns:fd() -> descriptor, which stays the namespace's */
static int l_netns_fd(lua_State *L)
{
	lua_pushinteger(L, *(int *)luaL_checkudata(L, 1, NETNS_TYPE));
	return 1;
}

/* netns:close() - also __close and __gc */
static int l_netns_close(lua_State *L)
{
	lam_auto_close(luaL_checkudata(L, 1, NETNS_TYPE));
	return 0;
}

/* namespace.freeze(pid) -> true | nil, err: stops a container, given its first process */
static int l_freeze(lua_State *L)
{
	struct lam_err err;

	return lamL_result(L, lam_freeze(lamL_checkpid(L, 1), &err), &err);
}

/* namespace.thaw(pid) -> true | nil, err */
static int l_thaw(lua_State *L)
{
	struct lam_err err;

	return lamL_result(L, lam_thaw(lamL_checkpid(L, 1), &err), &err);
}

/* namespace.daemonize(log) -> "child", fd | "parent", ok | nil, err: the child goes on in a
 * session of its own, writing to the log; it says that it is ready by writing a byte to fd */
static int l_daemonize(lua_State *L)
{
	struct lam_err err;
	int ready = -1;
	int who = lam_daemonize(lamL_checkpath(L, 1), &ready, &err);

	if (who < 0)
		return lamL_fail(L, &err);
	lua_pushstring(L, who == LAM_DAEMON_CHILD ? "child" : "parent");
	if (who == LAM_DAEMON_CHILD)
		lua_pushinteger(L, ready);
	else
		lua_pushboolean(L, ready);
	return 2;
}

/* namespace.probe() -> { openat2 = true | "ENOSYS", ... }: the system calls that we may make, at
 * home */
static int l_probe(lua_State *L)
{
	struct lam_probe calls[LAM_PROBE_MAX];
	size_t count = lam_probe_calls(calls);

	lua_createtable(L, 0, (int)count);
	for (size_t i = 0; i < count; i++) {
		if (calls[i].num)
			lua_pushstring(L, strerrorname_np(calls[i].num));
		else
			lua_pushboolean(L, 1);
		lua_setfield(L, -2, calls[i].name);
	}
	return 1;
}

static const luaL_Reg stubs_meta[] = { { "__gc", l_stubs_remove },
				       { "__close", l_stubs_remove },
				       { NULL, NULL } };
static const luaL_Reg stubs_methods[] = { { "remove", l_stubs_remove }, { NULL, NULL } };
static const luaL_Reg netns_meta[] = { { "__gc", l_netns_close },
				       { "__close", l_netns_close },
				       { NULL, NULL } };
static const luaL_Reg netns_methods[] = { { "fd", l_netns_fd },
					  { "close", l_netns_close },
					  { NULL, NULL } };
static const luaL_Reg functions[] = {
	{ "enter", l_enter },
	{ "start", lamL_start },
	{ "join", lamL_join },
	{ "attach", l_attach },
	{ "spawn", l_spawn },
	{ "prepare", l_prepare },
	{ "resolve_user", l_resolve_user },
	{ "network", l_network },
	{ "freeze", l_freeze },
	{ "thaw", l_thaw },
	{ "hold_signals", lamL_hold_signals },
	{ "daemonize", l_daemonize },
	{ "probe", l_probe },
	{ NULL, NULL },
};

int luaopen_lamina_core_namespace(lua_State *L);
int luaopen_lamina_core_namespace(lua_State *L)
{
	lamL_newtype(L, STUBS_TYPE, stubs_meta, stubs_methods);
	lamL_newtype(L, NETNS_TYPE, netns_meta, netns_methods);
	lamL_start_types(L);
	luaL_newlib(L, functions);
	return 1;
}
