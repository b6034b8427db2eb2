/* seccomp_default.h - the filter for the default capabilities, compiled while building
 * (host/seccomp.c). */
#ifndef LAM_SYS_SECCOMP_DEFAULT_H
#define LAM_SYS_SECCOMP_DEFAULT_H

#include <linux/filter.h>
#include <stddef.h>

struct lam_seccomp_code {
	const struct sock_filter *code; /* NULL: there is none */
	unsigned short len;
};

/* In the order of struct lam_seccomp: calls, uses. */
extern const struct lam_seccomp_code lam_seccomp_default[2];

#endif
