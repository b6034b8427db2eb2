/* caps.h - capabilities of a container's process (capabilities(7)). */
#ifndef LAM_SYS_CAPS_H
#define LAM_SYS_CAPS_H

#include <stdint.h>

#include "base/err.h"

/* The 14 that Docker and BuildKit grant, as a bit set. */
uint64_t lam_caps_default(void);

/* The bit of a name ("CHOWN", "cap_chown"); 0 with err filled when there is none. */
uint64_t lam_caps_named(const char *name, struct lam_err *err);

/* Takes everything else out of the bounding set; keeps the permitted set as it is. */
int lam_caps_bound(uint64_t keep, struct lam_err *err);

/* The final sets: permitted and effective = `keep`, inheritable and ambient empty. */
int lam_caps_apply(uint64_t keep, struct lam_err *err);

#endif
