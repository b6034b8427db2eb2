/* child.c - see child.h */
#define _GNU_SOURCE
#include "sys/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "sys/caps.h"
#include "sys/init.h"
#include "sys/kernel.h"
#include "sys/netns.h"
#include "sys/rootfs.h"
#include "sys/sendfd.h"

enum { SETUP_FAILED = 125, REPORT = 3, LAUNCHER = 4 };

static _Noreturn void fail(int report, const struct lam_err *err)
{
	struct lam_child_failure failure = { LAM_CHILD_FAILED, *err };

	_exit(write(report, &failure, sizeof(failure)) > 0 ? SETUP_FAILED : 1);
}

/* Dies with the parent. The parent may have died before we asked for it: then nobody reads. */
static int tie_to_parent(int report, struct lam_err *err)
{
	struct pollfd reader = { .fd = report, .events = 0 };

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return lam_err_set(err, errno, "tie the container to lamina");
	if (poll(&reader, 1, 0) > 0 && reader.revents & POLLERR)
		_exit(SETUP_FAILED);
	return 0;
}

/* Handlers and masks of the parent mean nothing to the program. */
static void reset_signals(void)
{
	struct sigaction plain = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		sigaction(sig, &plain, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int set_network(const struct lam_container *c, struct lam_err *err)
{
	if (c->network == LAM_NETWORK_NONE)
		return lam_netns_loopback(err);
	if (c->network == LAM_NETWORK_FD && setns(c->netns, CLONE_NEWNET) < 0)
		return lam_err_set(err, errno, "join the network namespace");
	return 0;
}

/* A session of its own, without the caller's keys and, unless there is one of ours, terminal. */
static int set_session(int slave, struct lam_err *err)
{
	if (setsid() < 0)
		return lam_err_set(err, errno, "setsid");
	syscall(SYS_keyctl, 1 /* KEYCTL_JOIN_SESSION_KEYRING */,
		NULL); /* where there are keyrings */
	if (slave < 0)
		return 0;
	if (ioctl(slave, TIOCSCTTY, 0) < 0)
		return lam_err_set(err, errno, "controlling terminal");
	return 0;
}

/* Lifted first: one of them may lie where another has to go. */
static int set_stdio(const struct lam_container *c, int slave, struct lam_err *err)
{
	int lifted[3];

	for (int i = 0; i < 3; i++) {
		lifted[i] = slave >= 0 ? slave : c->stdio[i];
		if (lifted[i] >= 0)
			lifted[i] = fcntl(lifted[i], F_DUPFD_CLOEXEC, LAUNCHER + 1);
		else
			lifted[i] = i;
		if (lifted[i] < 0)
			return lam_err_set(err, errno, "standard stream %d", i);
	}
	for (int i = 0; i < 3; i++)
		if (lifted[i] != i && dup2(lifted[i], i) < 0)
			return lam_err_set(err, errno, "standard stream %d", i);
	return 0;
}

/* Where the path leads must be inside: a leaked directory would show as "(unreachable)". */
static int set_directory(const struct lam_container *c, struct lam_err *err)
{
	char where[4096];

	if (chdir(c->cwd) < 0)
		return lam_err_set(err, errno, "working directory %s", c->cwd);
	if (syscall(SYS_getcwd, where, sizeof(where)) < 0)
		return lam_err_set(err, errno, "find the working directory %s", c->cwd);
	if (where[0] != '/')
		return lam_err_set(err, EXDEV, "working directory %s is outside", c->cwd);
	return 0;
}

static int set_limits(const struct lam_container *c, struct lam_err *err)
{
	for (size_t i = 0; i < c->nlimits; i++)
		if (setrlimit((__rlimit_resource_t)c->limits[i].resource, &c->limits[i].value) < 0)
			return lam_err_set(err, errno, "resource limit %d", c->limits[i].resource);
	return 0;
}

/* Ids and capabilities in the order that keeps each step allowed: the filter is installed while
 * CAP_SYS_ADMIN is still held, so that it doesn't need no_new_privs. glibc's functions for the ids
 * would have all threads of the parent follow, whose memory this may be (vfork.h). */
static int set_identity(const struct lam_container *c, struct lam_err *err)
{
	if (lam_caps_bound(c->caps, err) < 0)
		return -1;
	if (c->may_setgroups && syscall(SYS_setgroups, c->ngroups, c->groups) < 0)
		return lam_err_set(err, errno, "set the groups");
	if (syscall(SYS_setresgid, c->gid, c->gid, c->gid) < 0)
		return lam_err_set(err, errno, "group id %u", c->gid);
	if (c->seccomp && lam_seccomp_install(c->seccomp, err) < 0)
		return -1;
	if (syscall(SYS_setresuid, c->uid, c->uid, c->uid) < 0)
		return lam_err_set(err, errno, "user id %u", c->uid);
	/* the kernel forgets both when the ids change */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return lam_err_set(err, errno, "prctl");
	if (lam_caps_apply(c->uid == 0 ? c->caps : 0, err) < 0)
		return -1;
	if (c->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return lam_err_set(err, errno, "no new privileges");
	return 0;
}

/* Nothing is left open but the program's own three, the pipe and the launcher: a path such as
 * /proc/self/fd/7/bin/sh finds nothing of ours. The launcher closes itself, then the pipe. */
static int close_others(const struct lam_container *c, int *report, struct lam_err *err)
{
	int launcher = fcntl(c->launcher, F_DUPFD_CLOEXEC, LAUNCHER + 1);
	int pipe = fcntl(*report, F_DUPFD_CLOEXEC, LAUNCHER + 1);

	if (launcher < 0 || pipe < 0 || dup3(pipe, REPORT, 0) < 0 ||
	    dup3(launcher, LAUNCHER, O_CLOEXEC) < 0)
		return lam_err_set(err, errno, "descriptors");
	*report = REPORT;
	if (close_range(LAUNCHER + 1, ~0U, 0) < 0)
		return lam_err_set(err, errno, "close descriptors");
	return 0;
}

static _Noreturn void execute(const struct lam_container *c, char *const *words)
{
	const int launches = LAM_CHILD_LAUNCHES;
	int failure;

	if (write(REPORT, &launches, sizeof(launches)) != (ssize_t)sizeof(launches))
		_exit(SETUP_FAILED);
	syscall(SYS_execveat, LAUNCHER, "", words, c->env, AT_EMPTY_PATH);
	failure = -errno;
	_exit(write(REPORT, &failure, sizeof(failure)) > 0 ? SETUP_FAILED : 1);
}

static int finish(const struct lam_container *c, int slave, int *report, struct lam_err *err)
{
	if (set_limits(c, err) < 0 || set_session(slave, err) < 0 || set_stdio(c, slave, err) < 0 ||
	    close_others(c, report, err) < 0 || set_directory(c, err) < 0)
		return -1;
	return set_identity(c, err);
}

static int set_up(const struct lam_container *c, int report, int terminal, int *slave,
		  struct lam_err *err)
{
	lam_autofd master = -1;

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return lam_err_set(err, errno, "prctl");
	if (tie_to_parent(report, err) < 0)
		return -1;
	reset_signals();
	umask(022); /* the program's, and that of mount targets, which are for everyone inside */
	if (set_network(c, err) < 0 || lam_rootfs_enter(c, &master, slave, err) < 0)
		return -1;
	if (c->hostname && sethostname(c->hostname, strlen(c->hostname)) < 0)
		return lam_err_set(err, errno, "host name");
	return master >= 0 ? lam_fd_send(terminal, master, err) : 0;
}

void lam_child_start(const struct lam_container *c, char *const *words, int report, int terminal)
{
	struct lam_err err;
	int slave = -1;

	if (set_up(c, report, terminal, &slave, &err) < 0)
		fail(report, &err);
	if (c->init && lam_init_split(report, &err) < 0) /* pid 1 stays in there */
		fail(report, &err);
	if (finish(c, slave, &report, &err) < 0)
		fail(report, &err);
	execute(c, words);
}

void lam_child_join(const struct lam_container *c, char *const *words, int report, int slave)
{
	struct lam_err err;

	reset_signals();
	umask(022);
	if (tie_to_parent(report, &err) < 0 || finish(c, slave, &report, &err) < 0)
		fail(report, &err);
	execute(c, words);
}
