/* newmount.h - a new file system as a detached mount (fsopen, fsconfig, fsmount). */
#ifndef LAM_SYS_NEWMOUNT_H
#define LAM_SYS_NEWMOUNT_H

#include "base/err.h"

/* `options` is "key=value,flag,…" or NULL; `attributes` are MOUNT_ATTR_*. Returns a descriptor
 * that the caller owns. */
int lam_newmount(const char *type, const char *options, unsigned attributes, struct lam_err *err);

#endif
