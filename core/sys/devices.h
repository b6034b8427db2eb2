/* devices.h - a container's /dev: a tmpfs of our own with the usual nodes, terminals, shared
 * memory and message queues. What the image has there is never looked at. */
#ifndef LAM_SYS_DEVICES_H
#define LAM_SYS_DEVICES_H

#include "sys/container.h"

/* Mounts it below c->root. Returns a descriptor of its null device, which the caller owns; with
 * c->terminal, *master and *slave get the two sides of a new terminal of its devpts. */
int lam_devices_mount(const struct lam_container *c, int *master, int *slave, struct lam_err *err);

#endif
