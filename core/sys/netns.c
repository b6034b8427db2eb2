/* netns.c - see netns.h */
#define _GNU_SOURCE
#include "sys/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/auto.h"
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

static int make(const void *data, struct lam_err *err)
{
	int fd;

	(void)data;
	if (unshare(CLONE_NEWNET) < 0)
		return lam_err_set(err, errno, "network namespace");
	if (lam_netns_loopback(err) < 0)
		return -1;
	fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	return fd < 0 ? lam_err_set(err, errno, "open /proc/self/ns/net") : fd;
}

int lam_netns_new(struct lam_err *err)
{
	int fd = lam_fd_from_child(make, NULL, err);

	return fd < 0 ? lam_err_wrap(err, "make a network namespace") : fd;
}
