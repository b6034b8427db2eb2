/* probe.c - see probe.h */
#define _GNU_SOURCE
#include "sys/probe.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* No such flag, no such descriptor, no such size: the kernel knows the call and refuses this one.
 */
enum { WRONG = -1 };

static long call_openat2(void)
{
	return syscall(SYS_openat2, WRONG, "", NULL, 0);
}

static long call_fsopen(void)
{
	return syscall(SYS_fsopen, "overlay", WRONG);
}

static long call_fsmount(void)
{
	return syscall(SYS_fsmount, WRONG, WRONG, WRONG);
}

static long call_open_tree(void)
{
	return syscall(SYS_open_tree, WRONG, "", WRONG);
}

static long call_move_mount(void)
{
	return syscall(SYS_move_mount, WRONG, "", WRONG, "", WRONG);
}

static long call_mount_setattr(void)
{
	return syscall(SYS_mount_setattr, WRONG, "", WRONG, NULL, 0);
}

static long call_pidfd_open(void)
{
	return syscall(SYS_pidfd_open, WRONG, 0);
}

static long call_seccomp(void)
{
	uint32_t action = SECCOMP_RET_ERRNO;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action);
}

static const struct {
	const char *name;
	long (*call)(void);
} calls[] = {
	{ "openat2", call_openat2 },       { "fsopen", call_fsopen },
	{ "fsmount", call_fsmount },       { "open_tree", call_open_tree },
	{ "move_mount", call_move_mount }, { "mount_setattr", call_mount_setattr },
	{ "pidfd_open", call_pidfd_open }, { "seccomp", call_seccomp },
};

size_t lam_probe_calls(struct lam_probe out[LAM_PROBE_MAX])
{
	const size_t count = sizeof(calls) / sizeof(*calls);

	for (size_t i = 0; i < count; i++) {
		long result = calls[i].call();
		int refused =
		    result < 0 && (errno == ENOSYS || errno == EPERM || errno == EOPNOTSUPP);

		out[i] = (struct lam_probe){ calls[i].name, refused ? errno : 0 };
	}
	return count;
}
