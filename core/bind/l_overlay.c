/* l_overlay.c - require "lamina.core.overlay": layers as one file system, without a mount point.
 *
 *   local mount <close> = assert(overlay.mount { lower = { top, bottom }, upper = u, work = w })
 *   fs.read("/etc/passwd", { root = mount:fd() })
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/auto.h"
#include "bind/lamlua.h"
#include "sys/kernel.h"
#include "sys/newmount.h"
#include "sys/overlay.h"

#define MOUNT_TYPE "lamina.mount"

struct mount_box {
	int fd;          /* -1 once closed */
	int is_attached; /* to a folder: closing the descriptor isn't enough */
};

static struct mount_box *new_box(lua_State *L)
{
	struct mount_box *box = lua_newuserdatauv(L, sizeof(*box), 0);

	*box = (struct mount_box){ -1, 0 };
	luaL_setmetatable(L, MOUNT_TYPE);
	return box;
}

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
	box = new_box(L);
	box->fd = lam_overlay_mount(&o, &err);
	return box->fd < 0 ? lamL_fail(L, &err) : 1;
}

static int attach(int mount, const char *folder, struct lam_err *err)
{
	lam_autofd target = open(folder, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (target < 0 || lam_move_mount(mount, target) < 0)
		return lam_err_set(err, errno, "mount memory on %s", folder);
	return 0;
}

/* overlay.memory(folder) -> mount | nil, err: a file system in memory on a folder of this mount
 * namespace, for what may not reach a disk; closing it unmounts */
static int l_memory(lua_State *L)
{
	const unsigned attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	const char *folder = lamL_checkpath(L, 1);
	struct mount_box *box = new_box(L);
	struct lam_err err;

	box->fd = lam_newmount("tmpfs", "mode=0700", attributes, &err);
	if (box->fd < 0 || attach(box->fd, folder, &err) < 0)
		return lamL_fail(L, &err);
	box->is_attached = 1;
	return 1;
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

	if (box->is_attached && box->fd >= 0) {
		char path[64];

		snprintf(path, sizeof(path), "/proc/self/fd/%d", box->fd);
		umount2(path, MNT_DETACH);
	}
	lam_auto_close(&box->fd);
	return 0;
}

static const luaL_Reg meta[] = { { "__gc", l_close }, { "__close", l_close }, { NULL, NULL } };
static const luaL_Reg methods[] = { { "fd", l_fd }, { "close", l_close }, { NULL, NULL } };
static const luaL_Reg functions[] = { { "mount", l_mount },
				      { "memory", l_memory },
				      { NULL, NULL } };

int luaopen_lamina_core_overlay(lua_State *L);
int luaopen_lamina_core_overlay(lua_State *L)
{
	lamL_newtype(L, MOUNT_TYPE, meta, methods);
	luaL_newlib(L, functions);
	return 1;
}
