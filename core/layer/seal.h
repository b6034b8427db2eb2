/* seal.h - an overlay's upper directory becomes a layer that stands by itself, and what it changes.
 *
 * `lower` is a descriptor of what lies below it, merged and read-only; -1 for nothing. */
#ifndef LAM_LAYER_SEAL_H
#define LAM_LAYER_SEAL_H

#include <stddef.h>

#include "base/err.h"

/* Takes out what says nothing: whiteouts of names that aren't below, directories that were copied
 * up and are as they were. Opaque marks become whiteouts of what they hide. Returns how many
 * entries were taken out. */
long lam_seal(int upper, int lower, struct lam_err *err);

/* Calls visit for each change: 'A' added, 'C' changed, 'D' deleted; path is absolute. */
typedef int lam_change_visit(void *data, char kind, const char *path, struct lam_err *err);
int lam_changes(int upper, int lower, lam_change_visit *visit, void *data, struct lam_err *err);

#endif
