/* init.c - see init.h */
#define _GNU_SOURCE
#include "sys/init.h"

#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/caps.h"

/* Reaps one; exits when it was the program. */
static void reap(pid_t program)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == program)
			_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}

static _Noreturn void serve(pid_t program, const sigset_t *all)
{
	for (;;) {
		siginfo_t info;
		int sig = sigwaitinfo(all, &info);

		if (sig == SIGCHLD)
			reap(program);
		else if (sig > 0)
			kill(program, sig);
	}
}

int lam_init_split(int report, struct lam_err *err)
{
	struct lam_err ignored;
	sigset_t all, before;
	pid_t program;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	program = fork();
	if (program < 0)
		return lam_err_set(err, errno, "fork behind init");
	if (program == 0) {
		sigprocmask(SIG_SETMASK, &before, NULL);
		return 0;
	}
	close(report); /* its end tells the parent that the program runs */
	close_range(3, ~0U, 0);
	lam_caps_apply(UINT64_C(1) << CAP_KILL, &ignored); /* all that passing signals on needs */
	serve(program, &all);
}
