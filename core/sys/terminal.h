/* terminal.h - the caller's terminal: raw mode and size. termios(3), ioctl_tty(2). */
#ifndef LAM_SYS_TERMINAL_H
#define LAM_SYS_TERMINAL_H

#include <termios.h>

#include "base/err.h"

struct lam_raw {
	int fd; /* -1: nothing to restore */
	struct termios before;
};

/* Puts a terminal into raw mode, so that every key reaches the program. */
int lam_terminal_raw(int fd, struct lam_raw *raw, struct lam_err *err);

/* Puts it back; may run twice. */
void lam_terminal_restore(struct lam_raw *raw);

int lam_terminal_size(int fd, unsigned short *rows, unsigned short *columns, struct lam_err *err);
int lam_terminal_set_size(int fd, unsigned short rows, unsigned short columns, struct lam_err *err);

/* A new pseudo-terminal of this mount namespace's devpts. The caller owns both. */
int lam_terminal_open(int *master, int *slave, struct lam_err *err);

#endif
