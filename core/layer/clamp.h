/* clamp.h - no time after a given one: what SOURCE_DATE_EPOCH asks for. */
#ifndef LAM_LAYER_CLAMP_H
#define LAM_LAYER_CLAMP_H

#include <stdint.h>

#include "base/err.h"

/* Every entry below the directory `dir`, and the directory itself, that was modified after `epoch`
 * (Unix seconds) gets that time. Links are not followed. Fails with E2BIG where the tree is too
 * deep (depth.h). */
int lam_clamp(int dir, int64_t epoch, struct lam_err *err);

#endif
