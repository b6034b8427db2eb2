/* netns.h - a network namespace that no process has to live in. */
#ifndef LAM_SYS_NETNS_H
#define LAM_SYS_NETNS_H

#include "base/err.h"

/* A new one with its loopback interface up. Returns a descriptor that the caller owns. */
int lam_netns_new(struct lam_err *err);

/* Brings up the loopback interface of the calling process' network namespace. */
int lam_netns_loopback(struct lam_err *err);

#endif
