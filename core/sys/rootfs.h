/* rootfs.h - a container's file system view, made in the child: /proc, /sys, /dev, the mounts of
 * its specification, masks; then pivot_root.
 *
 * Everything is mounted by descriptors: a detached mount is moved onto a target that was opened
 * below the new root without following a last link, so that no image content can redirect it. */
#ifndef LAM_SYS_ROOTFS_H
#define LAM_SYS_ROOTFS_H

#include "sys/container.h"

/* Puts c->root at "/" of the calling process, which is in new namespaces, and makes it the root
 * and working directory. With c->terminal, *master gets the new terminal's master side. */
int lam_rootfs_enter(const struct lam_container *c, int *master, int *slave, struct lam_err *err);

#endif
