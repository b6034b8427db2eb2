/* terminal.c - see terminal.h */
#define _GNU_SOURCE
#include "sys/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/auto.h"

int lam_terminal_raw(int fd, struct lam_raw *raw, struct lam_err *err)
{
	struct termios mode;

	raw->fd = -1;
	if (tcgetattr(fd, &raw->before) < 0)
		return lam_err_set(err, errno, "terminal attributes");
	mode = raw->before;
	cfmakeraw(&mode);
	if (tcsetattr(fd, TCSANOW, &mode) < 0)
		return lam_err_set(err, errno, "raw terminal");
	raw->fd = fd;
	return 0;
}

void lam_terminal_restore(struct lam_raw *raw)
{
	if (raw->fd >= 0)
		tcsetattr(raw->fd, TCSADRAIN, &raw->before);
	raw->fd = -1;
}

int lam_terminal_size(int fd, unsigned short *rows, unsigned short *columns, struct lam_err *err)
{
	struct winsize size;

	if (ioctl(fd, TIOCGWINSZ, &size) < 0)
		return lam_err_set(err, errno, "terminal size");
	*rows = size.ws_row;
	*columns = size.ws_col;
	return 0;
}

int lam_terminal_set_size(int fd, unsigned short rows, unsigned short columns, struct lam_err *err)
{
	struct winsize size = { .ws_row = rows, .ws_col = columns };

	if (ioctl(fd, TIOCSWINSZ, &size) < 0)
		return lam_err_set(err, errno, "terminal size");
	return 0;
}

int lam_terminal_open(int *master, int *slave, struct lam_err *err)
{
	*slave = -1;
	*master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (*master < 0 || grantpt(*master) < 0 || unlockpt(*master) < 0) {
		lam_err_set(err, errno, "open a terminal");
		lam_auto_close(master);
		return -1;
	}
	*slave = ioctl(*master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (*slave < 0) {
		lam_err_set(err, errno, "open the terminal's other side");
		lam_auto_close(master);
		return -1;
	}
	return 0;
}
