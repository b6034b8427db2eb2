/* seccomp.h - the system calls a container may make: Docker's default profile as a filter.
 *
 * It is compiled once (in the parent) and only installed in each child. seccomp(2). */
#ifndef LAM_SYS_SECCOMP_H
#define LAM_SYS_SECCOMP_H

#include <linux/filter.h>
#include <stdint.h>

#include "base/err.h"

struct lam_seccomp_part {
	struct sock_filter *code; /* NULL before it is compiled; owned */
	unsigned short len;
};

/* Two programs, since one rule can't both allow ioctl and refuse some of its commands by the
 * low half of the argument, which is all that the kernel looks at. */
struct lam_seccomp {
	struct lam_seccomp_part calls, uses;
};

/* Compiles the profile for a process with these capabilities (see caps.h). */
int lam_seccomp_compile(uint64_t caps, struct lam_seccomp *out, struct lam_err *err);

/* Installs it on the calling process; needs CAP_SYS_ADMIN or no_new_privs. */
int lam_seccomp_install(const struct lam_seccomp *filter, struct lam_err *err);

void lam_seccomp_free(struct lam_seccomp *filter);

#endif
