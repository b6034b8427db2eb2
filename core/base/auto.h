/* auto.h - scope-bound owners, for the floors below core/bind only.
 *
 * lua_error leaves a C function by longjmp, and longjmp runs none of these. A
 * function that can reach lua_error therefore owns nothing outside a userdata. */
#ifndef LAM_BASE_AUTO_H
#define LAM_BASE_AUTO_H

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static inline void lam_auto_close(int *fd)
{
	int saved = errno; /* the caller still wants the reason it is leaving for */

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}

static inline void lam_auto_free(void *slot)
{
	free(*(void **)slot);
}

/* Hands the descriptor to the caller; the scope no longer closes it. */
static inline int lam_fd_give(int *fd)
{
	int given = *fd;

	*fd = -1;
	return given;
}

#define lam_autofd __attribute__((cleanup(lam_auto_close))) int
#define lam_autofree __attribute__((cleanup(lam_auto_free)))

#endif
