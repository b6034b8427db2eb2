/* probe.h - which of the kernel's newer system calls we may make. */
#ifndef LAM_SYS_PROBE_H
#define LAM_SYS_PROBE_H

#include <stddef.h>

struct lam_probe {
	const char *name;
	int num; /* 0: it can be called; else what it answers: ENOSYS, EPERM of a filter */
};

enum { LAM_PROBE_MAX = 16 };

/* Calls each with arguments that do nothing. At home (enter.h): elsewhere EPERM may just mean that
 * we are nobody. Fills `out` and returns how many. */
size_t lam_probe_calls(struct lam_probe out[LAM_PROBE_MAX]);

#endif
