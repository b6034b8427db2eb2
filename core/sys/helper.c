/* helper.c - see process.h: lam_process_helper */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "sys/kernel.h"
#include "sys/process.h"

/* Waits until the program runs; a failure of the child becomes ours. */
static int read_report(int report, struct lam_err *err)
{
	struct lam_err theirs;
	ssize_t n = lam_fd_read_full(report, &theirs, sizeof(theirs), "the child", err);

	if (n > 0)
		*err = theirs;
	return n == 0 ? 0 : -1;
}

/* Above all that is wanted of the program, and below any limit that lets a program run. */
enum { ALOFT = 3 + LAM_HELPER_FDS };

/* Puts the descriptors where they are wanted: fds from 3 up, stdio from 0. All are lifted out of
 * the way first, since one of them may lie where another has to go. */
static int place(const int *fds, size_t nfds, const int stdio[3])
{
	int lifted[3 + LAM_HELPER_FDS];

	for (size_t i = 0; i < 3 + nfds; i++) {
		lifted[i] = i < 3 ? stdio[i] : fds[i - 3];
		if (i < 3 && lifted[i] < 0)
			lifted[i] = (int)i;
		else if ((lifted[i] = fcntl(lifted[i], F_DUPFD_CLOEXEC, ALOFT)) < 0)
			return -1;
	}
	for (size_t i = 0; i < 3 + nfds; i++)
		if (lifted[i] != (int)i && dup2(lifted[i], (int)i) < 0)
			return -1;
	return close_range(3 + (unsigned)nfds, ~0U, CLOSE_RANGE_CLOEXEC);
}

static _Noreturn void be_helper(char *const *args, char *const *env, const int *fds, size_t nfds,
				const int stdio[3], int report)
{
	struct lam_err failure;
	int kept = fcntl(report, F_DUPFD_CLOEXEC, ALOFT);

	setsid(); /* Ctrl-C is meant for lamina, which needs it to the end */
	signal(SIGPIPE, SIG_DFL);
	if (kept < 0 || place(fds, nfds, stdio) < 0)
		lam_err_set(&failure, errno, "descriptors of %s", args[0]);
	else {
		execvpe(args[0], args, env);
		lam_err_set(&failure, errno, "%s", args[0]);
	}
	if (kept < 0)
		kept = report;
	_exit(write(kept, &failure, sizeof(failure)) == (ssize_t)sizeof(failure) ? 127 : 125);
}

int lam_process_helper(char *const *args, char *const *env, const int *fds, size_t nfds,
		       const int stdio[3], struct lam_process *out, struct lam_err *err)
{
	pid_t lamina = getpid();
	int report[2], result;

	if (pipe2(report, O_CLOEXEC) < 0)
		return lam_err_set(err, errno, "pipe");
	out->pid = lam_clone(0, &out->pidfd);
	if (out->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		if (getppid() != lamina) /* it was killed before that */
			_exit(125);
		be_helper(args, env, fds, nfds, stdio, report[1]);
	}
	close(report[1]);
	out->is_child = out->pid > 0;
	result = out->pid < 0 ? lam_err_set(err, errno, "clone") : read_report(report[0], err);
	close(report[0]);
	if (result < 0)
		lam_process_release(out);
	return result;
}
