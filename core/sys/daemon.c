/* daemon.c - see daemon.h */
#define _GNU_SOURCE
#include "sys/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/auto.h"

static int redirect(const char *log, struct lam_err *err)
{
	lam_autofd null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	lam_autofd out = open(log, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (null < 0 || out < 0)
		return lam_err_set(err, errno, "open %s", log);
	if (dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		return lam_err_set(err, errno, "standard streams");
	return 0;
}

/* The child's word, or the end of the pipe when it died before. */
static int wait_for(int pipe)
{
	char byte;
	ssize_t n;

	do
		n = read(pipe, &byte, 1);
	while (n < 0 && errno == EINTR);
	return n == 1;
}

int lam_daemonize(const char *log, int *ready, struct lam_err *err)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return lam_err_set(err, errno, "pipe");
	pid = fork();
	if (pid < 0) {
		close(ends[0]);
		close(ends[1]);
		return lam_err_set(err, errno, "fork");
	}
	if (pid > 0) {
		close(ends[1]);
		*ready = wait_for(ends[0]);
		close(ends[0]);
		return LAM_DAEMON_PARENT;
	}
	close(ends[0]);
	if (setsid() < 0 || redirect(log, err) < 0)
		_exit(1);
	*ready = ends[1];
	return LAM_DAEMON_CHILD;
}
