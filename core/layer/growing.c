/* growing.c - see growing.h */
#define _GNU_SOURCE
#include "layer/growing.h"

#include <time.h>

#include "base/err.h"
#include "base/fd.h"

enum { FIRST_WAIT = 500000, LONGEST_WAIT = 16000000 }; /* nanoseconds */

ssize_t lam_growing_read(int fd, void *data, size_t len, uint64_t have, uint64_t whole,
			 struct lam_err *err)
{
	struct timespec wait = { 0, FIRST_WAIT };
	size_t got = 0;

	for (;;) {
		ssize_t n = lam_fd_read_full(fd, (char *)data + got, len - got, "the archive", err);

		if (n < 0)
			return -1;
		got += (size_t)n;
		if (got == len || have + got >= whole)
			return (ssize_t)got;
		/* whoever writes it also ends us when nothing more will come */
		nanosleep(&wait, NULL);
		wait.tv_nsec = n > 0                         ? FIRST_WAIT
			       : wait.tv_nsec < LONGEST_WAIT ? 2 * wait.tv_nsec
							     : LONGEST_WAIT;
	}
}
