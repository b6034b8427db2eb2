/* attend.c - see attend.h */
#define _GNU_SOURCE
#include "sys/attend.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fd.h"
#include "sys/terminal.h"

static const int forwarded[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 };

enum { PATIENCE = 3 };

struct attend {
	struct lam_process *process;
	int in, out; /* -1: not copied (any more) */
	int signals;
	int from_terminal; /* `in` is a terminal: sizes follow it */
	int asked;         /* how often it was to end */
};

static void follow_size(const struct attend *a)
{
	unsigned short rows, columns;
	struct lam_err ignored;

	if (a->from_terminal && lam_terminal_size(a->in, &rows, &columns, &ignored) == 0)
		lam_terminal_set_size(a->process->terminal, rows, columns, &ignored);
}

static void take_signal(struct attend *a)
{
	struct signalfd_siginfo info;
	struct lam_err ignored;
	int sig;

	if (read(a->signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	sig = (int)info.ssi_signo;
	if (sig == SIGWINCH) {
		follow_size(a);
		return;
	}
	if ((sig == SIGINT || sig == SIGTERM) && ++a->asked >= PATIENCE)
		sig = SIGKILL;
	lam_process_signal(a->process, sig, &ignored);
}

/* Copies what is there. 0 at the end: EIO is how a terminal says that its other side is gone. */
static int copy(int from, int to, struct lam_err *err)
{
	char chunk[16384];
	ssize_t n = read(from, chunk, sizeof(chunk));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 1;
	if (n <= 0)
		return 0;
	return lam_fd_write_all(to, chunk, (size_t)n, "the terminal", err) < 0 ? -1 : 1;
}

/* The end of piped input is told as a terminal tells it: with Ctrl-D. */
static void end_input(struct attend *a)
{
	struct lam_err ignored;

	lam_fd_write_all(a->process->terminal, "\004", 1, "the terminal", &ignored);
	a->in = -1;
}

/* Everything that is still in the terminal once the program is gone. */
static int drain(struct attend *a, struct lam_err *err)
{
	struct pollfd rest = { .fd = a->process->terminal, .events = POLLIN };
	int more = 1;

	while (more > 0 && poll(&rest, 1, 0) > 0 && rest.revents & POLLIN)
		more = copy(a->process->terminal, a->out, err);
	return more < 0 ? -1 : 0;
}

static int turn(struct attend *a, struct lam_err *err)
{
	enum { SIGNALS, END, INPUT, OUTPUT, COUNT };
	struct pollfd fds[COUNT] = {
		[SIGNALS] = { a->signals, POLLIN, 0 },
		[END] = { a->process->pidfd, POLLIN, 0 },
		[INPUT] = { a->process->terminal >= 0 ? a->in : -1, POLLIN, 0 },
		[OUTPUT] = { a->out >= 0 ? a->process->terminal : -1, POLLIN, 0 },
	};
	int more = 1;

	if (poll(fds, COUNT, -1) < 0)
		return errno == EINTR ? 1 : lam_err_set(err, errno, "poll");
	if (fds[SIGNALS].revents)
		take_signal(a);
	if (fds[OUTPUT].revents) {
		more = copy(a->process->terminal, a->out, err);
		if (more < 0)
			return -1;
		if (more == 0)
			a->out = -1;
	}
	if (fds[INPUT].revents) {
		more = copy(a->in, a->process->terminal, err);
		if (more == 0)
			end_input(a);
		if (more < 0)
			a->in = -1; /* the program has closed its side */
	}
	return fds[END].revents ? 0 : 1;
}

static int loop(struct attend *a, struct lam_err *err)
{
	int more;

	follow_size(a);
	while ((more = turn(a, err)) > 0)
		;
	if (more < 0)
		return -1;
	if (a->process->terminal >= 0 && a->out >= 0 && drain(a, err) < 0)
		return -1;
	return lam_process_wait(a->process, 0, err) < 0 ? -1 : 0;
}

static sigset_t followed(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGWINCH);
	for (size_t i = 0; i < sizeof(forwarded) / sizeof(*forwarded); i++)
		sigaddset(&set, forwarded[i]);
	return set;
}

void lam_attend_hold(sigset_t *before)
{
	sigset_t set = followed();

	sigprocmask(SIG_BLOCK, &set, before);
}

void lam_attend_release(const sigset_t *before)
{
	sigprocmask(SIG_SETMASK, before, NULL);
}

static int open_signals(void)
{
	sigset_t set = followed();

	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int lam_process_attend(struct lam_process *p, int in, int out, struct lam_err *err)
{
	struct attend a = { .process = p, .in = in, .out = out };
	struct lam_raw raw = { .fd = -1 };
	lam_autofd signals = -1;
	sigset_t before;
	int result;

	a.from_terminal = p->terminal >= 0 && in >= 0 && isatty(in);
	if (a.from_terminal && lam_terminal_raw(in, &raw, err) < 0)
		return -1;
	lam_attend_hold(&before);
	signals = open_signals();
	a.signals = signals;
	result = signals < 0 ? lam_err_set(err, errno, "signalfd") : loop(&a, err);
	lam_attend_release(&before);
	lam_terminal_restore(&raw);
	return result;
}
