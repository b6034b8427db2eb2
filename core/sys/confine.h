/* confine.h - what a job may do that reads hostile bytes: files, and nothing else. */
#ifndef LAM_SYS_CONFINE_H
#define LAM_SYS_CONFINE_H

#include "base/err.h"

/* From here on the calling process can execute no program, open no socket, trace nobody, mount
 * nothing, enter no namespace. Can't be undone. */
int lam_confine(struct lam_err *err);

#endif
