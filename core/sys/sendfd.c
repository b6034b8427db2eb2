/* sendfd.c - see sendfd.h */
#define _GNU_SOURCE
#include "sys/sendfd.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

union control {
	struct cmsghdr header; /* for the alignment */
	char bytes[CMSG_SPACE(sizeof(int))];
};

int lam_fd_send(int socket, int fd, struct lam_err *err)
{
	union control control = { .bytes = { 0 } };
	struct iovec data = { .iov_base = (char[]){ 'x' }, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	if (sendmsg(socket, &message, MSG_NOSIGNAL) != 1)
		return lam_err_set(err, errno, "send a descriptor");
	return 0;
}

int lam_fd_send_failure(int socket, const struct lam_err *err)
{
	return send(socket, err, sizeof(*err), MSG_NOSIGNAL) == (ssize_t)sizeof(*err) ? 0 : -1;
}

int lam_fd_receive(int socket, struct lam_err *err)
{
	union control control;
	struct lam_err theirs = { 0 };
	struct iovec data = { .iov_base = &theirs, .iov_len = sizeof(theirs) };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *header;
	ssize_t n;
	int fd;

	do
		n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return lam_err_set(err, n < 0 ? errno : EPIPE, "receive a descriptor");
	header = CMSG_FIRSTHDR(&message);
	if (!header && n == (ssize_t)sizeof(theirs)) {
		*err = theirs;
		return -1;
	}
	if (!header || header->cmsg_type != SCM_RIGHTS || header->cmsg_len != CMSG_LEN(sizeof(int)))
		return lam_err_set(err, EPROTO, "receive a descriptor");
	memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

static _Noreturn void make_and_send(int (*make)(const void *data, struct lam_err *err),
				    const void *data, int socket)
{
	struct lam_err err;
	int fd = make(data, &err);

	_exit((fd < 0 ? lam_fd_send_failure(socket, &err) : lam_fd_send(socket, fd, &err)) < 0);
}

int lam_fd_from_child(int (*make)(const void *data, struct lam_err *err), const void *data,
		      struct lam_err *err)
{
	int pair[2], fd;
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return lam_err_set(err, errno, "socketpair");
	child = fork();
	if (child == 0)
		make_and_send(make, data, pair[1]);
	fd = child < 0 ? lam_err_set(err, errno, "fork") : 0;
	close(pair[1]);
	if (fd == 0)
		fd = lam_fd_receive(pair[0], err);
	close(pair[0]);
	while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	return fd;
}
