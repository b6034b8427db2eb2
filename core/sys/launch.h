/* launch.h - how a container's program is executed: by way of a small one of ours.
 *
 * See launcher/launcher.c for the reason. The parent makes both before it clones, since nothing
 * can be allocated between clone and exec. */
#ifndef LAM_SYS_LAUNCH_H
#define LAM_SYS_LAUNCH_H

#include <stddef.h>

#include "base/err.h"

/* The launcher as a sealed file in memory; a descriptor that the caller owns. */
int lam_launcher_open(struct lam_err *err);

/* The launcher's arguments for a program: the places where the environment's PATH has it, then
 * its own arguments. One block that the caller frees; NULL with *err filled. */
char **lam_launch_words(char *const *args, char *const *env, struct lam_err *err);

#endif
