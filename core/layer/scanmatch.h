/* scanmatch.h - the paths of a scan that match a pattern. */
#ifndef LAM_LAYER_SCANMATCH_H
#define LAM_LAYER_SCANMATCH_H

#include "base/buf.h"
#include "layer/scan.h"

/* Appends the paths that match a pattern (base/glob.h), each with its NUL, in the order of a
 * walk. Nothing is looked for below a directory that matches. -1 on failure. */
int lam_scan_match(struct lam_scan *scan, const char *pattern, struct lam_buf *out,
		   struct lam_err *err);

#endif
