/* body.h - what the entries of a scanned tree hold, each as a digest: the xattrs that travel, and
 * the content or link target.
 *
 * A body is read once in a scan, and remembered between builds (memory.h). Reading may be sliced:
 * once the time is over lam_bodies_find fails with EAGAIN, and the next call for the same entry
 * goes on, in the middle of a file if need be. */
#ifndef LAM_LAYER_BODY_H
#define LAM_LAYER_BODY_H

#include "layer/memory.h"
#include "layer/scan.h"

struct lam_bodies;

/* Bodies are remembered in the file `memory` (NULL: not at all). The scan stays the caller's. */
struct lam_bodies *lam_bodies_new(struct lam_scan *scan, const char *memory, struct lam_err *err);

/* A slice begins, of so many milliseconds; 0 for no limit. */
void lam_bodies_begin(struct lam_bodies *b, int slice);

/* The body of a node whose stat this is. */
int lam_bodies_find(struct lam_bodies *b, uint32_t node, const struct stat *st,
		    unsigned char body[LAM_BODY], struct lam_err *err);

int lam_bodies_save(struct lam_bodies *b, struct lam_err *err);

void lam_bodies_free(struct lam_bodies *b);

#endif
