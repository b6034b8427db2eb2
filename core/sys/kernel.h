/* kernel.h - system calls that glibc 2.36 has no wrapper for, as thin functions: -1 and errno. */
#ifndef LAM_SYS_KERNEL_H
#define LAM_SYS_KERNEL_H

#include <fcntl.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static inline int lam_fsopen(const char *type)
{
	return (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
}

static inline int lam_fsconfig(int fs, unsigned command, const char *key, const char *value)
{
	return (int)syscall(SYS_fsconfig, fs, command, key, value, 0);
}

static inline int lam_fsmount(int fs, unsigned attributes)
{
	return (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, attributes);
}

static inline int lam_open_tree(int dir, const char *path, unsigned flags)
{
	return (int)syscall(SYS_open_tree, dir, path, flags | OPEN_TREE_CLOEXEC);
}

/* Puts the detached mount `tree` onto what `target` is. */
static inline int lam_move_mount(int tree, int target)
{
	return (int)syscall(SYS_move_mount, tree, "", target, "",
			    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

/* The same onto a name in a directory of ours: no link is followed. */
static inline int lam_move_mount_to(int tree, int dir, const char *name)
{
	return (int)syscall(SYS_move_mount, tree, "", dir, name, MOVE_MOUNT_F_EMPTY_PATH);
}

static inline int lam_mount_setattr(int tree, unsigned flags, uint64_t set)
{
	struct mount_attr attr = { .attr_set = set };

	return (int)syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | flags, &attr,
			    sizeof(attr));
}

/* fork(2) with a descriptor for the child, and namespaces. With CLONE_PARENT it is a sibling. */
static inline pid_t lam_clone(uint64_t flags, int *pidfd)
{
	struct clone_args args = {
		.flags = flags | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)pidfd,
		.exit_signal = flags & CLONE_PARENT ? 0 : SIGCHLD,
	};

	return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

static inline int lam_pidfd_open(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

/* waitid(2) of one child; the kernel also tells what the child has used, the wrapper doesn't. */
static inline int lam_waitid(pid_t pid, siginfo_t *info, int options, struct rusage *usage)
{
	return (int)syscall(SYS_waitid, P_PID, pid, info, options, usage);
}

static inline int lam_pidfd_send_signal(int pidfd, int sig)
{
	return (int)syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0);
}

#endif
