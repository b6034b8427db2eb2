/* init.h - a small pid 1 for containers whose program doesn't reap what it inherits. */
#ifndef LAM_SYS_INIT_H
#define LAM_SYS_INIT_H

/* Forks. Returns in the child, which goes on to become the program. The parent stays pid 1:
 * it passes signals on, reaps everything, and exits as the program did. */
void lam_init_split(int report);

#endif
