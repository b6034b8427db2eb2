/* l_start.c - see l_start.h */
#define _GNU_SOURCE
#include "bind/l_start.h"

#include <errno.h>

#include "base/auto.h"
#include "bind/l_container.h"
#include "bind/l_process.h"
#include "sys/enter.h"
#include "sys/launch.h"
#include "sys/seccomp.h"

#define FILTER_TYPE "lamina.filter"
#define LAUNCHER_TYPE "lamina.launcher"

static const char filters_key;  /* registry: compiled filters by capability set */
static const char launcher_key; /* registry: the launcher's descriptor as userdata */
static const char home_key;     /* registry: a struct lam_home as userdata */

void lamL_keep_home(lua_State *L)
{
	lua_rawsetp(L, LUA_REGISTRYINDEX, &home_key);
}

/* Where we are at home decides how devices are made and which ids there are. */
static void use_home(lua_State *L, struct lam_container *c)
{
	struct lam_home *home;

	lua_rawgetp(L, LUA_REGISTRYINDEX, &home_key);
	home = lua_touserdata(L, -1);
	lua_pop(L, 1);
	if (!home)
		return;
	c->rootless = home->rootless;
	c->ids = home->ids;
	c->may_setgroups = home->ids > 1;
}

static int l_filter_free(lua_State *L)
{
	lam_seccomp_free(luaL_checkudata(L, 1, FILTER_TYPE));
	return 0;
}

static int l_launcher_close(lua_State *L)
{
	lam_auto_close(luaL_checkudata(L, 1, LAUNCHER_TYPE));
	return 0;
}

/* The filter for a set of capabilities, compiled once a state. NULL with err filled. */
static const struct lam_seccomp *filter(lua_State *L, uint64_t caps, struct lam_err *err)
{
	struct lam_seccomp *f;

	luaL_checkstack(L, 4, "filter");
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &filters_key) != LUA_TTABLE) {
		lua_pop(L, 1);
		lua_newtable(L);
		lua_pushvalue(L, -1);
		lua_rawsetp(L, LUA_REGISTRYINDEX, &filters_key);
	}
	if (lua_rawgeti(L, -1, (lua_Integer)caps) == LUA_TUSERDATA) {
		f = lua_touserdata(L, -1);
		lua_pop(L, 2);
		return f;
	}
	lua_pop(L, 1);
	f = lamL_scratch(L, sizeof(*f));
	luaL_setmetatable(L, FILTER_TYPE);
	if (lam_seccomp_compile(caps, f, err) < 0)
		return NULL;
	lua_rawseti(L, -2, (lua_Integer)caps);
	lua_pop(L, 1);
	return f;
}

/* The launcher's descriptor, opened once a state. -1 with err filled. */
static int launcher(lua_State *L, struct lam_err *err)
{
	int *fd;

	luaL_checkstack(L, 4, "launcher");
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &launcher_key) == LUA_TUSERDATA) {
		fd = lua_touserdata(L, -1);
		lua_pop(L, 1);
		return *fd;
	}
	lua_pop(L, 1);
	fd = lamL_scratch(L, sizeof(*fd));
	*fd = -1;
	luaL_setmetatable(L, LAUNCHER_TYPE);
	*fd = lam_launcher_open(err);
	if (*fd < 0)
		return -1;
	lua_rawsetp(L, LUA_REGISTRYINDEX, &launcher_key);
	return *fd;
}

/* nil, err with err.status: what a shell would answer. */
static int fail_start(lua_State *L, const struct lam_err *err, int status)
{
	lamL_fail(L, err);
	lua_pushinteger(L, status);
	lua_setfield(L, -2, "status");
	return 2;
}

/* The kernel says EINVAL to an id that isn't mapped; here is known why it isn't. */
static int check_mapped(const struct lam_container *c, struct lam_err *err)
{
	const char *kind = c->uid >= c->ids ? "user" : "group";
	unsigned id = c->uid >= c->ids ? c->uid : c->gid;

	for (size_t i = 0; i < c->ngroups && id < c->ids && c->may_setgroups; i++)
		id = c->groups[i];
	if (id < c->ids)
		return 0;
	return lam_err_set(err, EINVAL,
			   "%s id %u: only 0 to %u are mapped; sub-ids in /etc/subuid and "
			   "/etc/subgid give an ordinary user more",
			   kind, id, c->ids - 1);
}

static int start(lua_State *L, int spec, pid_t join)
{
	struct lam_err err;
	struct lamL_container *c = lamL_container_new(L, spec, join > 0, &err);
	struct lam_process *p;
	int status = 125, result;

	if (!c)
		return fail_start(L, &err, status);
	use_home(L, &c->spec);
	if (check_mapped(&c->spec, &err) < 0)
		return fail_start(L, &err, status);
	if (lamL_boolfield(L, spec, "seccomp", 1)) {
		c->spec.seccomp = filter(L, c->spec.caps, &err);
		if (!c->spec.seccomp)
			return fail_start(L, &err, status);
	}
	c->spec.launcher = launcher(L, &err);
	if (c->spec.launcher < 0)
		return fail_start(L, &err, status);
	p = lamL_process_new(L);
	result = join > 0 ? lam_process_join(join, &c->spec, p, &status, &err)
			  : lam_process_start(&c->spec, p, &status, &err);
	return result < 0 ? fail_start(L, &err, status) : 1;
}

/* namespace.start(spec) -> process | nil, err (err.status: 125, 126, 127) */
int lamL_start(lua_State *L)
{
	return start(L, 1, 0);
}

/* namespace.join(pid, spec) -> process | nil, err: in a running container's namespaces */
int lamL_join(lua_State *L)
{
	return start(L, 2, lamL_checkpid(L, 1));
}

static const luaL_Reg filter_meta[] = { { "__gc", l_filter_free }, { NULL, NULL } };
static const luaL_Reg launcher_meta[] = { { "__gc", l_launcher_close }, { NULL, NULL } };
static const luaL_Reg none[] = { { NULL, NULL } };

void lamL_start_types(lua_State *L)
{
	lamL_newtype(L, FILTER_TYPE, filter_meta, none);
	lamL_newtype(L, LAUNCHER_TYPE, launcher_meta, none);
	lamL_process_type(L);
	lamL_container_type(L);
}
