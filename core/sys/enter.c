/* enter.c - see enter.h */
#define _GNU_SOURCE
#include "sys/enter.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fd.h"
#include "sys/idmap.h"
#include "sys/kernel.h"

/* The child stays outside the new user namespace and writes our maps once we are in it. */
struct mapper {
	pid_t pid;
	int go;     /* we write a byte when we are in */
	int answer; /* it writes an int (the number of ids, or -1) and a struct lam_err */
};

static void map_and_exit(const struct mapper *m, pid_t whom, uid_t uid, gid_t gid)
{
	struct lam_err err = { 0 };
	char byte;
	int ids = -1;

	if (read(m->go, &byte, 1) == 1)
		ids = lam_idmap_write(whom, uid, gid, &err);
	if (write(m->answer, &ids, sizeof(ids)) != (ssize_t)sizeof(ids) ||
	    write(m->answer, &err, sizeof(err)) != (ssize_t)sizeof(err))
		_exit(1);
	_exit(0);
}

static int start_mapper(struct mapper *m, uid_t uid, gid_t gid, struct lam_err *err)
{
	pid_t self = getpid();
	int go[2], answer[2];

	if (pipe2(go, O_CLOEXEC) < 0)
		return lam_err_set(err, errno, "pipe");
	if (pipe2(answer, O_CLOEXEC) < 0) {
		close(go[0]);
		close(go[1]);
		return lam_err_set(err, errno, "pipe");
	}
	m->pid = fork();
	if (m->pid == 0) {
		struct mapper child = { 0, go[0], answer[1] };

		close(go[1]);
		map_and_exit(&child, self, uid, gid);
	}
	close(go[0]);
	close(answer[1]);
	m->go = go[1];
	m->answer = answer[0];
	return m->pid < 0 ? lam_err_set(err, errno, "fork") : 0;
}

static int mapper_answer(struct mapper *m, struct lam_err *err)
{
	struct lam_err theirs;
	int ids = -1;

	if (write(m->go, "x", 1) != 1 ||
	    lam_fd_read_full(m->answer, &ids, sizeof(ids), "id maps", err) !=
		(ssize_t)sizeof(ids) ||
	    lam_fd_read_full(m->answer, &theirs, sizeof(theirs), "id maps", err) !=
		(ssize_t)sizeof(theirs))
		return lam_err_set(err, EPIPE, "id maps");
	if (ids < 0)
		*err = theirs;
	return ids;
}

static void end_mapper(struct mapper *m)
{
	close(m->go);
	close(m->answer);
	while (waitpid(m->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* ENOSPC is no full disk here, and must not be taken for one. */
static int explain_userns(int num, struct lam_err *err)
{
	if (num == ENOSPC)
		return lam_err_set(err, 0,
				   "user namespace: the limit user.max_user_namespaces is reached; "
				   "`lamina doctor` tells more");
	return lam_err_set(err, num,
			   "user namespace: the kernel doesn't let an ordinary user make one "
			   "(`lamina doctor` tells why)");
}

static int become_root(struct lam_home *home, struct lam_err *err)
{
	struct mapper m;
	int ids;

	if (start_mapper(&m, home->uid, home->gid, err) < 0)
		return -1;
	if (unshare(CLONE_NEWUSER) < 0) {
		ids = explain_userns(errno, err);
	} else {
		prctl(PR_SET_DUMPABLE, 1); /* else the mapper may not write our maps */
		ids = mapper_answer(&m, err);
	}
	end_mapper(&m);
	if (ids < 0)
		return -1;
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return lam_err_set(err, errno, "become root of the user namespace");
	if (ids > 1 && setgroups(0, NULL) < 0)
		return lam_err_set(err, errno, "setgroups");
	home->rootless = 1;
	home->ids = (unsigned)ids;
	return 0;
}

/* How many ids a process' map holds. */
static unsigned count_ids(pid_t pid)
{
	unsigned inside, outside, count, sum = 0;
	char path[64];
	FILE *map;

	snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	map = fopen(path, "re");
	while (map && fscanf(map, "%u %u %u", &inside, &outside, &count) == 3)
		sum = sum + count < sum ? UINT_MAX : sum + count;
	if (map)
		fclose(map);
	return sum;
}

/* Root of a user namespace that somebody else has made is no more than an ordinary user's root:
 * its ids are few, and trusted xattrs aren't its. */
static void look_around(struct lam_home *home)
{
	unsigned ids = count_ids(getpid());

	if (ids == 0 || ids == UINT_MAX)
		return;
	home->rootless = 1;
	home->ids = ids;
}

int lam_enter(struct lam_home *home, struct lam_err *err)
{
	*home = (struct lam_home){ 0, UINT_MAX, geteuid(), getegid() };
	if (home->uid == 0)
		look_around(home);
	else if (become_root(home, err) < 0)
		return -1;
	if (unshare(CLONE_NEWNS) < 0) {
		lam_err_set(err, errno, "mount namespace");
		return err->num == EPERM ? lam_err_wrap(err, "root without CAP_SYS_ADMIN, as in a "
							     "container of others")
					 : -1;
	}
	if (mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0)
		return lam_err_set(err, errno, "make mounts private");
	return 0;
}

int lam_enter_join(pid_t pid, struct lam_home *home, struct lam_err *err)
{
	lam_autofd pidfd = lam_pidfd_open(pid);

	*home = (struct lam_home){ 0, UINT_MAX, geteuid(), getegid() };
	if (pidfd < 0)
		return lam_err_set(err, errno, "process %d", pid);
	if (home->uid == 0) {
		look_around(home);
	} else {
		home->rootless = 1;
		home->ids = count_ids(pid);
		if (setns(pidfd, CLONE_NEWUSER) < 0)
			return lam_err_set(err, errno, "join the user namespace of process %d",
					   pid);
		if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
			return lam_err_set(err, errno, "become root of the user namespace");
	}
	if (setns(pidfd, CLONE_NEWNS) < 0)
		return lam_err_set(err, errno, "join the mount namespace of process %d", pid);
	return 0;
}
