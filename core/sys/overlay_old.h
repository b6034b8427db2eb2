/* overlay_old.h - an overlay by mount(2), for kernels without lowerdir+ (before 6.7). */
#ifndef LAM_SYS_OVERLAY_OLD_H
#define LAM_SYS_OVERLAY_OLD_H

#include "sys/overlay.h"

/* As lam_overlay_mount. The options have to fit one page, which is some 200 layers. */
int lam_overlay_mount_old(const struct lam_overlay *o, struct lam_err *err);

#endif
