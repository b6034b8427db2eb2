/* netns.c - see netns.h */
#define _GNU_SOURCE
#include "sys/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fd.h"
#include "sys/sendfd.h"

int lam_netns_loopback(struct lam_err *err)
{
	lam_autofd fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq lo = { .ifr_name = "lo" };

	lo.ifr_flags = IFF_UP | IFF_RUNNING;
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &lo) < 0)
		return lam_err_set(err, errno, "bring up the loopback interface");
	return 0;
}

/* Made in a child, so that this process stays where it is. */
static _Noreturn void make_and_send(int socket)
{
	struct lam_err err = { 0 };
	int fd = -1;

	if (unshare(CLONE_NEWNET) < 0)
		lam_err_set(&err, errno, "network namespace");
	else if (lam_netns_loopback(&err) == 0) {
		fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			lam_err_set(&err, errno, "open /proc/self/ns/net");
	}
	if (fd < 0)
		_exit(lam_fd_send_failure(socket, &err) < 0 ? 2 : 1);
	_exit(lam_fd_send(socket, fd, &err) < 0);
}

int lam_netns_new(struct lam_err *err)
{
	int pair[2], fd;
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return lam_err_set(err, errno, "socketpair");
	child = fork();
	if (child == 0)
		make_and_send(pair[1]);
	close(pair[1]);
	fd = child < 0 ? lam_err_set(err, errno, "fork") : lam_fd_receive(pair[0], err);
	close(pair[0]);
	while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	return fd < 0 ? lam_err_wrap(err, "make a network namespace") : fd;
}
