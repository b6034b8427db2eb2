/* launch.c - see launch.h */
#define _GNU_SOURCE
#include "sys/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fd.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

/* The Makefile says where the program is that was built before. */
__asm__(".pushsection .rodata\n"
	"lam_launcher_begin: .incbin \"" LAM_LAUNCHER "\"\n"
	"lam_launcher_end:\n"
	".popsection\n");
extern const char lam_launcher_begin[] __attribute__((visibility("hidden")));
extern const char lam_launcher_end[] __attribute__((visibility("hidden")));

int lam_launcher_open(struct lam_err *err)
{
	/* cppcheck-suppress comparePointers ; the linker has put them around one thing */
	const size_t size = (size_t)(lam_launcher_end - lam_launcher_begin);
	const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	lam_autofd fd = memfd_create("lamina", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);

	if (fd < 0 && errno == EINVAL) /* before Linux 6.3 all of them are executable */
		fd = memfd_create("lamina", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return lam_err_set(err, errno, "launcher: memfd");
	if (lam_fd_write_all(fd, lam_launcher_begin, size, "the launcher", err) < 0)
		return -1;
	if (fchmod(fd, 0555) < 0 || fcntl(fd, F_ADD_SEALS, seals) < 0)
		return lam_err_set(err, errno, "launcher: seal");
	return lam_fd_give(&fd);
}

static const char *variable(char *const *env, const char *name)
{
	size_t n = strlen(name);

	for (; *env; env++)
		if (strncmp(*env, name, n) == 0 && (*env)[n] == '=')
			return *env + n + 1;
	return "";
}

static size_t count(char *const *list)
{
	size_t n = 0;

	while (list[n])
		n++;
	return n;
}

/* Writes DIR/NAME for each element of PATH; an empty one, which would mean the working directory,
 * is left out. Returns how many. */
static size_t put_candidates(const char *path, const char *name, char **list, char *at)
{
	size_t n = 0;

	while (*path) {
		size_t len = strcspn(path, ":");

		if (len > 0) {
			list[n++] = at;
			at = stpcpy(stpcpy(mempcpy(at, path, len), "/"), name) + 1;
		}
		path += len;
		path += *path == ':';
	}
	return n;
}

char **lam_launch_words(char *const *args, char *const *env, struct lam_err *err)
{
	static char empty[] = "";
	const char *path = strchr(args[0], '/') ? "" : variable(env, "PATH");
	size_t places = 1, nargs = count(args), n = 0;
	char **list, *text;

	for (const char *p = path; *p; p++)
		places += *p == ':';
	/* the pointers, then the text of the places: each has the name and two bytes more */
	list = malloc((places + nargs + 2) * sizeof(*list) + strlen(path) +
		      places * (strlen(args[0]) + 2));
	if (!list) {
		lam_err_set(err, ENOMEM, "%s", args[0]);
		return NULL;
	}
	text = (char *)(list + places + nargs + 2);
	if (strchr(args[0], '/'))
		list[n++] = args[0];
	else
		n = put_candidates(path, args[0], list, text);
	list[n++] = empty;
	memcpy(list + n, args, (nargs + 1) * sizeof(*args));
	return list;
}
