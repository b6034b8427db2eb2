/* process.c - see process.h */
#define _GNU_SOURCE
#include "sys/process.h"

#include <errno.h>
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
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fd.h"
#include "sys/child.h"
#include "sys/kernel.h"
#include "sys/launch.h"
#include "sys/sendfd.h"
#include "sys/vfork.h"

enum { SETUP_FAILED = 125, NOT_EXECUTABLE = 126, NOT_FOUND = 127, DEVPTS_MAGIC = 0x1cd1 };

/* The pipe and the socket between a start's two halves. */
struct link {
	int report[2];   /* child writes [1]: a failure, or the end when the program runs */
	int terminal[2]; /* a socket pair: descriptors come back through [0] */
};

static int open_link(struct link *l, struct lam_err *err)
{
	if (pipe2(l->report, O_CLOEXEC) < 0)
		return lam_err_set(err, errno, "pipe");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, l->terminal) < 0) {
		close(l->report[0]);
		close(l->report[1]);
		return lam_err_set(err, errno, "socketpair");
	}
	return 0;
}

static void close_link(struct link *l)
{
	close(l->report[0]);
	close(l->terminal[0]);
}

static int read_exactly(int report, void *to, size_t size, struct lam_err *err)
{
	ssize_t n = lam_fd_read_full(report, to, size, "the child", err);

	if (n >= 0 && n != (ssize_t)size)
		return lam_err_set(err, 0,
				   "the container's first process died while it was set up");
	return n < 0 ? -1 : 0;
}

/* The launcher closes the pipe by executing the program, or says why it couldn't. */
static int read_launch(int report, const char *program, int *status, struct lam_err *err)
{
	int num;
	ssize_t n = lam_fd_read_full(report, &num, sizeof(num), "the launcher", err);

	if (n < (ssize_t)sizeof(num))
		return n < 0 ? -1 : 0;
	if (num < 0)
		return lam_err_set(err, -num, "execute the launcher");
	*status = num == ENOENT || num == ENOTDIR ? NOT_FOUND : NOT_EXECUTABLE;
	return lam_err_set(err, num, "%s", program);
}

/* Waits until the program runs; a failure of the child becomes ours. */
static int read_report(int report, const char *program, int *status, struct lam_err *err)
{
	struct lam_err theirs;
	int failed;

	*status = SETUP_FAILED;
	if (read_exactly(report, &failed, sizeof(failed), err) < 0)
		return -1;
	if (failed == LAM_CHILD_LAUNCHES)
		return read_launch(report, program, status, err);
	if (read_exactly(report, &theirs, sizeof(theirs), err) == 0)
		*err = theirs;
	return -1;
}

static int namespaces(const struct lam_container *c)
{
	int flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;

	return c->network == LAM_NETWORK_NONE ? flags | CLONE_NEWNET : flags;
}

/* The rest of a start, once the child exists. */
static int complete(const struct lam_container *c, struct link *l, struct lam_process *out,
		    int *status, struct lam_err *err)
{
	if (read_report(l->report[0], c->args[0], status, err) < 0)
		return -1;
	if (!c->terminal)
		return 0;
	out->terminal = lam_fd_receive(l->terminal[0], err);
	return out->terminal < 0 ? -1 : 0;
}

/* What the first process needs of its parent. */
struct first {
	const struct lam_container *c;
	char *const *words;
	struct link *link;
};

static int be_first(void *data)
{
	const struct first *first = data;

	/* else our own end would hide the parent's death */
	close_link(first->link);
	lam_child_start(first->c, first->words, first->link->report[1], first->link->terminal[1]);
}

/* A process that stays as pid 1 executes nothing, so it can't borrow. */
static pid_t start_first(struct first *first, int *pidfd)
{
	pid_t pid;

	if (!first->c->init)
		return lam_vfork(namespaces(first->c), be_first, first, pidfd);
	pid = lam_clone((uint64_t)namespaces(first->c), pidfd);
	if (pid == 0)
		be_first(first);
	return pid;
}

int lam_process_start(const struct lam_container *c, struct lam_process *out, int *status,
		      struct lam_err *err)
{
	lam_autofree char **words = lam_launch_words(c->args, c->env, err);
	struct link l;
	int result;

	*status = SETUP_FAILED;
	if (!words || open_link(&l, err) < 0)
		return -1;
	out->pid = start_first(&(struct first){ c, words, &l }, &out->pidfd);
	close(l.report[1]);
	close(l.terminal[1]);
	out->is_child = out->pid > 0;
	result = out->pid < 0 ? lam_err_set(err, errno, "clone into new namespaces")
			      : complete(c, &l, out, status, err);
	close_link(&l);
	if (result < 0)
		lam_process_release(out);
	return result;
}

/* The devpts is the container's: the path to it may have been tampered with, the node not. */
static int open_inner_terminal(int *master, int *slave, struct lam_err *err)
{
	struct statfs fs;
	struct stat st;
	int unlocked = 0;

	*master = open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (*master < 0)
		return lam_err_set(err, errno, "open the container's /dev/pts/ptmx");
	if (fstatfs(*master, &fs) < 0 || fs.f_type != DEVPTS_MAGIC || fstat(*master, &st) < 0 ||
	    st.st_rdev != makedev(5, 2))
		return lam_err_set(err, ENOTTY, "the container's /dev/pts/ptmx");
	fcntl(*master, F_SETFL, O_RDWR);
	if (ioctl(*master, TIOCSPTLCK, &unlocked) < 0)
		return lam_err_set(err, errno, "unlock the terminal");
	*slave = ioctl(*master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	return *slave < 0 ? lam_err_set(err, errno, "open the terminal's other side") : 0;
}

/* The process between: it enters the namespaces, where a pid namespace counts only for children,
 * and makes the program a child of its own parent. Not dumpable: what is inside can't trace it. */
static int join_and_clone(pid_t target, const struct lam_container *c, char *const *words,
			  struct link *l, struct lam_err *err)
{
	const int kinds = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET |
			  CLONE_NEWCGROUP;
	int pidfd = -1, master = -1, slave = -1;
	int targetfd = lam_pidfd_open(target);
	pid_t pid;

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || targetfd < 0)
		return lam_err_set(err, errno, "process %d", target);
	if (setns(targetfd, kinds) < 0)
		return lam_err_set(err, errno, "join the container's namespaces");
	close(targetfd);
	if (c->terminal && open_inner_terminal(&master, &slave, err) < 0)
		return -1;
	pid = lam_clone(CLONE_PARENT, &pidfd);
	if (pid == 0)
		lam_child_join(c, words, l->report[1], slave);
	if (pid < 0)
		return lam_err_set(err, errno, "clone");
	if (lam_fd_send(l->terminal[1], pidfd, err) < 0)
		return -1;
	return master >= 0 ? lam_fd_send(l->terminal[1], master, err) : 0;
}

static _Noreturn void be_between(pid_t target, const struct lam_container *c, char *const *words,
				 struct link *l)
{
	struct lam_child_failure failure = { .failed = LAM_CHILD_FAILED };

	close_link(l);
	if (join_and_clone(target, c, words, l, &failure.err) == 0)
		_exit(0);
	_exit(write(l->report[1], &failure, sizeof(failure)) == (ssize_t)sizeof(failure) ? 1 : 2);
}

/* The pid of a pidfd, as this process' pid namespace sees it. */
static pid_t pid_of(int pidfd)
{
	char path[64], text[512], *at;
	lam_autofd fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	at = strstr(text, "Pid:");
	return at ? (pid_t)atoi(at + 4) : 0;
}

int lam_process_join(pid_t target, const struct lam_container *c, struct lam_process *out,
		     int *status, struct lam_err *err)
{
	lam_autofree char **words = lam_launch_words(c->args, c->env, err);
	struct link l;
	pid_t between;
	int result;

	*status = SETUP_FAILED;
	if (!words || open_link(&l, err) < 0)
		return -1;
	between = fork();
	if (between == 0)
		be_between(target, c, words, &l);
	close(l.report[1]);
	close(l.terminal[1]);
	if (between < 0) {
		result = lam_err_set(err, errno, "fork");
	} else {
		struct lam_err unsent;

		out->pidfd = lam_fd_receive(l.terminal[0], &unsent);
		out->is_child = out->pidfd >= 0;
		out->pid = out->is_child ? pid_of(out->pidfd) : 0;
		result = complete(c, &l, out, status, err);
		if (result == 0 && out->pidfd < 0) {
			*err = unsent;
			result = -1;
		}
		while (waitpid(between, NULL, 0) < 0 && errno == EINTR)
			;
	}
	close_link(&l);
	if (result < 0)
		lam_process_release(out);
	return result;
}

int lam_process_attach(pid_t pid, struct lam_process *out, struct lam_err *err)
{
	out->pid = pid;
	out->pidfd = lam_pidfd_open(pid);
	return out->pidfd < 0 ? lam_err_set(err, errno, "process %d", pid) : 0;
}

static void note_end(struct lam_process *p, const siginfo_t *info)
{
	p->ended = 1;
	if (info->si_code == CLD_EXITED)
		p->code = info->si_status;
	else
		p->signal = info->si_status;
}

/* Somebody else's process: its end can be seen, its status not. */
static int wait_attached(struct lam_process *p, int nohang, struct lam_err *err)
{
	struct pollfd end = { .fd = p->pidfd, .events = POLLIN };

	while (poll(&end, 1, nohang ? 0 : -1) < 0)
		if (errno != EINTR)
			return lam_err_set(err, errno, "wait for process %d", p->pid);
	p->ended = end.revents != 0;
	return p->ended;
}

int lam_process_wait(struct lam_process *p, int nohang, struct lam_err *err)
{
	siginfo_t info = { .si_pid = 0 };

	if (p->ended)
		return 1;
	if (p->pidfd < 0)
		return lam_err_set(err, ECHILD, "wait: the process was released");
	if (!p->is_child)
		return wait_attached(p, nohang, err);
	/* Not by the descriptor: an event loop makes it non-blocking, and waitid minds that. Until
	 * it is reaped here, the number is the child's. */
	while (lam_waitid(p->pid, &info, WEXITED | __WALL | (nohang ? WNOHANG : 0), &p->usage) < 0)
		if (errno != EINTR)
			return lam_err_set(err, errno, "wait for process %d", p->pid);
	if (info.si_pid == 0)
		return 0;
	note_end(p, &info);
	return 1;
}

int lam_process_signal(struct lam_process *p, int sig, struct lam_err *err)
{
	if (p->ended || p->pidfd < 0)
		return lam_err_set(err, ESRCH, "signal process %d", p->pid);
	if (lam_pidfd_send_signal(p->pidfd, sig) < 0)
		return lam_err_set(err, errno, "signal process %d", p->pid);
	return 0;
}

void lam_process_release(struct lam_process *p)
{
	struct lam_err ignored;

	if (p->pidfd >= 0 && p->is_child && !p->ended) {
		lam_process_signal(p, SIGKILL, &ignored);
		lam_process_wait(p, 0, &ignored);
	}
	lam_auto_close(&p->pidfd);
	lam_auto_close(&p->terminal);
}
