/* l_overlay.c - require "lamina.core.overlay": layers as one file system, without a mount point.
 *
 *   local mount <close> = assert(overlay.mount { lower = { top, bottom }, upper = u, work = w })
 *   fs.read("/etc/passwd", { root = mount:fd() })
 */
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "bind/lamlua.h"
#include "sys/overlay.h"

#define MOUNT_TYPE "lamina.mount"

struct mount_box {
	int fd; /* -1 once closed */
};

/* overlay.mount{lower=, upper=, work=, userxattr=, volatile=} -> mount | nil, err */
static int l_mount(lua_State *L)
{
	static const char *const known[] = {
		"lower", "upper", "work", "userxattr", "volatile", NULL
	};
	struct lam_overlay o = { 0 };
	struct mount_box *box;
	struct lam_err err;

	lamL_checkkeys(L, 1, known);
	o.lower = (const char *const *)lamL_strings(L, 1, "lower", &o.lowers);
	o.upper = lamL_optfield(L, 1, "upper", NULL);
	o.work = lamL_optfield(L, 1, "work", NULL);
	o.userxattr = lamL_boolfield(L, 1, "userxattr", 0);
	o.is_volatile = lamL_boolfield(L, 1, "volatile", 0);
	luaL_argcheck(L, !o.upper == !o.work, 1, "upper and work go together");
	box = lua_newuserdatauv(L, sizeof(*box), 0);
	box->fd = -1;
	luaL_setmetatable(L, MOUNT_TYPE);
	box->fd = lam_overlay_mount(&o, &err);
	return box->fd < 0 ? lamL_fail(L, &err) : 1;
}

/* mount:fd() -> the descriptor, which stays the mount's */
static int l_fd(lua_State *L)
{
	struct mount_box *box = luaL_checkudata(L, 1, MOUNT_TYPE);

	luaL_argcheck(L, box->fd >= 0, 1, "the mount is closed");
	lua_pushinteger(L, box->fd);
	return 1;
}

/* mount:close() - also __close and __gc; unmounts */
static int l_close(lua_State *L)
{
	struct mount_box *box = luaL_checkudata(L, 1, MOUNT_TYPE);

	lam_auto_close(&box->fd);
	return 0;
}

static const luaL_Reg meta[] = { { "__gc", l_close }, { "__close", l_close }, { NULL, NULL } };
static const luaL_Reg methods[] = { { "fd", l_fd }, { "close", l_close }, { NULL, NULL } };
static const luaL_Reg functions[] = { { "mount", l_mount }, { NULL, NULL } };

int luaopen_lamina_core_overlay(lua_State *L);
int luaopen_lamina_core_overlay(lua_State *L)
{
	lamL_newtype(L, MOUNT_TYPE, meta, methods);
	luaL_newlib(L, functions);
	return 1;
}
