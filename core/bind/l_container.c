/* l_container.c - see l_container.h */
#define _GNU_SOURCE
#include "bind/l_container.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/auto.h"
#include "sys/caps.h"
#include "sys/kernel.h"

#define CONTAINER_TYPE "lamina.container"

static int l_gc(lua_State *L)
{
	struct lamL_container *c = luaL_checkudata(L, 1, CONTAINER_TYPE);

	for (size_t i = 0; i < c->spec.nmounts; i++)
		lam_auto_close(&c->mounts[i].tree);
	lam_auto_close(&c->root);
	return 0;
}

static const luaL_Reg meta[] = { { "__gc", l_gc }, { NULL, NULL } };
static const luaL_Reg methods[] = { { NULL, NULL } };

void lamL_container_type(lua_State *L)
{
	lamL_newtype(L, CONTAINER_TYPE, meta, methods);
}

/* An id of a user or a group; -1 is what the kernel calls none. */
static uid_t check_id(lua_State *L, const char *key, lua_Integer id)
{
	if (id < 0 || id >= UINT32_MAX)
		luaL_error(L, "option '%s': 0 to %I expected", key, (LUAI_UACINT)(UINT32_MAX - 1));
	return (uid_t)id;
}

/* Pushes field `key`, a table; 0 and nothing when it is nil. */
static int table_field(lua_State *L, int index, const char *key)
{
	int type = lua_getfield(L, index, key);

	if (type == LUA_TTABLE)
		return 1;
	if (type != LUA_TNIL)
		luaL_error(L, "option '%s': table expected, got %s", key, luaL_typename(L, -1));
	lua_pop(L, 1);
	return 0;
}

static lua_Integer integer_at(lua_State *L, int index, lua_Integer i, const char *key)
{
	lua_Integer value;
	int is_integer;

	lua_geti(L, index, i);
	value = lua_tointegerx(L, -1, &is_integer);
	if (!is_integer || lua_type(L, -1) != LUA_TNUMBER)
		luaL_error(L, "option '%s': integers expected", key);
	lua_pop(L, 1);
	return value;
}

static void read_user(lua_State *L, int index, struct lam_container *c)
{
	gid_t *groups;

	if (!table_field(L, index, "user"))
		return;
	c->uid = check_id(L, "uid", lamL_intfield(L, -1, "uid", 0));
	c->gid = check_id(L, "gid", lamL_intfield(L, -1, "gid", 0));
	if (!table_field(L, -1, "groups"))
		return;
	c->ngroups = (size_t)luaL_len(L, -1);
	groups = lamL_scratch(L, (c->ngroups + 1) * sizeof(*groups));
	for (size_t i = 0; i < c->ngroups; i++)
		groups[i] = check_id(L, "groups", integer_at(L, -2, (lua_Integer)i + 1, "groups"));
	c->groups = groups;
}

static void read_network(lua_State *L, int index, struct lam_container *c)
{
	int type = lua_getfield(L, index, "network");

	if (type == LUA_TNUMBER) {
		c->network = LAM_NETWORK_FD;
		c->netns = (int)luaL_checkinteger(L, -1);
	} else if (type == LUA_TSTRING && strcmp(lua_tostring(L, -1), "host") == 0) {
		c->network = LAM_NETWORK_HOST;
	} else if (type != LUA_TNIL &&
		   (type != LUA_TSTRING || strcmp(lua_tostring(L, -1), "none") != 0)) {
		luaL_error(L, "option 'network': \"host\", \"none\" or a descriptor expected");
	}
	lua_pop(L, 1);
}

static int read_caps(lua_State *L, int index, struct lam_container *c, struct lam_err *err)
{
	char **names;

	c->caps = lam_caps_default();
	if (lua_getfield(L, index, "capabilities") == LUA_TNIL)
		return 0;
	lua_pop(L, 1);
	c->caps = 0;
	for (names = lamL_strings(L, index, "capabilities", NULL); *names; names++) {
		uint64_t bit = lam_caps_named(*names, err);

		if (!bit)
			return -1;
		c->caps |= bit;
	}
	return 0;
}

static const struct {
	const char *name;
	int resource;
} limit_names[] = {
	{ "as", RLIMIT_AS },         { "core", RLIMIT_CORE },   { "cpu", RLIMIT_CPU },
	{ "data", RLIMIT_DATA },     { "fsize", RLIMIT_FSIZE }, { "memlock", RLIMIT_MEMLOCK },
	{ "nofile", RLIMIT_NOFILE }, { "nproc", RLIMIT_NPROC }, { "stack", RLIMIT_STACK },
};
enum { LIMITS = sizeof(limit_names) / sizeof(*limit_names) };

/* A number that is negative, or "unlimited" to the kernel, is neither. */
static rlim_t check_limit(lua_State *L, lua_Integer i, const char *name)
{
	lua_Integer value = integer_at(L, -1, i, name);

	if (value < 0)
		luaL_error(L, "option '%s': { soft, hard } expected, none negative", name);
	return (rlim_t)value;
}

/* rlimits = { nofile = { soft, hard } } */
static void read_limits(lua_State *L, int index, struct lam_container *c)
{
	const char *known[LIMITS + 1] = { NULL };
	struct lam_limit *limits;

	if (!table_field(L, index, "rlimits"))
		return;
	for (size_t i = 0; i < LIMITS; i++)
		known[i] = limit_names[i].name;
	lamL_checkkeys(L, -1, known);
	limits = lamL_scratch(L, LIMITS * sizeof(*limits));
	for (size_t i = 0; i < LIMITS; i++) {
		if (!table_field(L, -2, known[i]))
			continue;
		limits[c->nlimits++] = (struct lam_limit){
			limit_names[i].resource,
			{ check_limit(L, 1, known[i]), check_limit(L, 2, known[i]) },
		};
		lua_pop(L, 1);
	}
	c->limits = limits;
}

/* A value among the options of a tmpfs: a comma would begin another one. */
static const char *tmpfs_option(lua_State *L, const char *key, const char *otherwise)
{
	const char *value = lamL_optfield(L, -1, key, otherwise);

	if (!*value || value[strspn(value, "0123456789kKmMgG%")])
		luaL_error(L, "option '%s': a number expected, got '%s'", key, value);
	return value;
}

/* The mount table on the top of the stack. A source is cloned here, in the parent, where it is
 * known what the caller meant. */
static int read_mount(lua_State *L, struct lam_mount *m, struct lam_err *err)
{
	static const char *const known[] = { "type",     "source", "fd",   "target",
					     "readonly", "size",   "mode", NULL };
	const char *type, *source;
	int fd;

	lamL_checkkeys(L, -1, known);
	type = lamL_optfield(L, -1, "type", "bind");
	source = lamL_optfield(L, -1, "source", NULL);
	fd = (int)lamL_intfield(L, -1, "fd", -1);
	m->tree = -1;
	m->target = lamL_optfield(L, -1, "target", NULL);
	m->readonly = lamL_boolfield(L, -1, "readonly", 0);
	if (!m->target)
		luaL_error(L, "a mount needs a target");
	if (strcmp(type, "tmpfs") == 0) {
		lua_pushfstring(L, "mode=%s,size=%s", tmpfs_option(L, "mode", "1777"),
				tmpfs_option(L, "size", "50%"));
		m->options = lua_tostring(L, -1);
		lua_insert(L,
			   -2); /* stays on the stack, below the table, as long as the container */
		return 0;
	}
	if (strcmp(type, "bind") != 0 || (!source && fd < 0))
		luaL_error(L, "a mount is of type bind, with source or fd, or tmpfs");
	m->tree = source ? lam_open_tree(AT_FDCWD, source, OPEN_TREE_CLONE | AT_RECURSIVE)
			 : lam_open_tree(fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | AT_RECURSIVE);
	if (m->tree < 0)
		return lam_err_set(err, errno, "mount %s on %s", source ? source : "a descriptor",
				   m->target);
	return 0;
}

static int read_mounts(lua_State *L, int index, int self, struct lamL_container *c,
		       struct lam_err *err)
{
	lua_Integer n;
	int list;

	if (!table_field(L, index, "mounts"))
		return 0;
	list = lua_gettop(L);
	n = luaL_len(L, list);
	luaL_checkstack(L, (int)n + 8, "mounts");
	c->mounts = lamL_scratch(L, ((size_t)n + 1) * sizeof(*c->mounts));
	lua_pushvalue(L, -1);
	lua_setiuservalue(L, self, 1); /* lives as long as the container, which releases them */
	c->spec.mounts = c->mounts;
	for (lua_Integer i = 0; i < n; i++) {
		lua_geti(L, list, i + 1);
		c->mounts[i].tree = -1;
		c->spec.nmounts = (size_t)i + 1; /* from here on it is released with the others */
		if (read_mount(L, &c->mounts[i], err) < 0)
			return -1;
		lua_pop(L, 1);
	}
	return 0;
}

/* The root as a mount of its own, so that the caller's descriptor stays usable. A kernel that
 * can't clone a detached mount (before 6.15) gets the caller's itself. */
static int read_root(lua_State *L, int index, struct lamL_container *c, struct lam_err *err)
{
	int fd = (int)lamL_intfield(L, index, "root", -1);

	luaL_argcheck(L, fd >= 0, index, "option 'root': a descriptor expected");
	c->root = lam_open_tree(fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE);
	if (c->root < 0 && errno == EINVAL)
		c->root = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	c->spec.root = c->root;
	return c->root < 0 ? lam_err_set(err, errno, "root file system") : 0;
}

/* What a container that is joined has already. */
static void refuse_for_join(lua_State *L, int index)
{
	static const char *const given[] = { "root",     "mounts",   "network",
					     "hostname", "readonly", "init" };

	for (size_t i = 0; i < sizeof(given) / sizeof(*given); i++) {
		if (lua_getfield(L, index, given[i]) != LUA_TNIL)
			luaL_error(L, "option '%s' is the container's when it is joined", given[i]);
		lua_pop(L, 1);
	}
}

static int read_rest(lua_State *L, int index, int self, struct lamL_container *c, int joins,
		     struct lam_err *err)
{
	if (read_caps(L, index, &c->spec, err) < 0)
		return -1;
	if (joins)
		return 0;
	return read_root(L, index, c, err) < 0 ? -1 : read_mounts(L, index, self, c, err);
}

struct lamL_container *lamL_container_new(lua_State *L, int index, int joins, struct lam_err *err)
{
	static const char *const known[] = {
		"root",    "readonly", "args",     "env",          "cwd",
		"user",    "hostname", "mounts",   "network",      "stdin",
		"stdout",  "stderr",   "terminal", "capabilities", "no_new_privileges",
		"seccomp", "rlimits",  "init",     "rootless",     "ids",
		NULL,
	};
	struct lamL_container *c;
	int top;

	lamL_checkkeys(L, index, known);
	if (joins)
		refuse_for_join(L, index);
	c = memset(lua_newuserdatauv(L, sizeof(*c), 1), 0, sizeof(*c));
	top = lua_gettop(L);
	c->root = c->spec.root = -1;
	luaL_setmetatable(L, CONTAINER_TYPE);
	luaL_checkstack(L, 32, "container");
	c->spec.args = lamL_strings(L, index, "args", NULL);
	luaL_argcheck(L, c->spec.args[0], index, "option 'args' is empty");
	c->spec.env = lamL_strings(L, index, "env", NULL);
	c->spec.cwd = lamL_optfield(L, index, "cwd", "/");
	c->spec.hostname = lamL_optfield(L, index, "hostname", NULL);
	c->spec.readonly = lamL_boolfield(L, index, "readonly", 0);
	c->spec.terminal = lamL_boolfield(L, index, "terminal", 0);
	c->spec.no_new_privileges = lamL_boolfield(L, index, "no_new_privileges", 0);
	c->spec.init = lamL_boolfield(L, index, "init", 0);
	c->spec.rootless = lamL_boolfield(L, index, "rootless", 0);
	c->spec.ids = (unsigned)lamL_intfield(L, index, "ids", UINT_MAX);
	c->spec.may_setgroups = c->spec.ids > 1;
	c->spec.stdio[0] = (int)lamL_intfield(L, index, "stdin", -1);
	c->spec.stdio[1] = (int)lamL_intfield(L, index, "stdout", -1);
	c->spec.stdio[2] = (int)lamL_intfield(L, index, "stderr", -1);
	read_user(L, index, &c->spec);
	read_network(L, index, &c->spec);
	read_limits(L, index, &c->spec);
	if (read_rest(L, index, top, c, joins, err) < 0)
		return NULL;
	lua_pushvalue(L, top); /* everything it borrows from lies below it on the stack */
	return c;
}
