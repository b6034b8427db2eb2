/* mode.h - permission bits as chmod(1) takes them: "755", "u+x,go-w", "a=rX". */
#ifndef LAM_LAYER_MODE_H
#define LAM_LAYER_MODE_H

#include <sys/types.h>

#include "base/err.h"

/* Whether the text is octal digits: then it says all, whatever the mode was before. */
int lam_mode_is_octal(const char *text);

/* The bits (07777) that `old` becomes. An empty "who" means all; no umask counts. Fails with
 * EINVAL when the text is neither form. */
int lam_mode_change(const char *text, mode_t old, int is_dir, mode_t *out, struct lam_err *err);

#endif
