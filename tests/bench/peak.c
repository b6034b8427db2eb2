/* peak.c - how long a command takes, and the most memory that it and all below it have at once.
 *
 *   peak COMMAND...      prints milliseconds and KiB; the status is that of the command
 *
 * What processes share is counted once (PSS): a fork shares nearly all of its memory. It is looked
 * at every 50 ms, more often would cost what is measured; processes whose parent has gone are
 * ours, so none gets away. */
#define _GNU_SOURCE
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { EVERY_MS = 50 };

/* KiB of one process; 0 when it is gone. */
static long pss_of(long pid)
{
	char path[64], line[256];
	long kib = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%ld/smaps_rollup", pid);
	file = fopen(path, "re");
	while (file && kib == 0 && fgets(line, sizeof(line), file))
		sscanf(line, "Pss: %ld", &kib);
	if (file)
		fclose(file);
	return kib;
}

static long sum_below(long pid);

/* What the children of one thread have, and all below them. */
static long sum_of_thread(long pid, const char *thread)
{
	char path[320];
	long child, kib = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%ld/task/%s/children", pid, thread);
	file = fopen(path, "re");
	while (file && fscanf(file, "%ld", &child) == 1)
		kib += pss_of(child) + sum_below(child);
	if (file)
		fclose(file);
	return kib;
}

static long sum_below(long pid)
{
	struct dirent *entry;
	char path[64];
	long kib = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%ld/task", pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			kib += sum_of_thread(pid, entry->d_name);
	if (dir)
		closedir(dir);
	return kib;
}

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

int main(int argc, char **argv)
{
	double start = now_ms(), end;
	struct pollfd ended;
	long most = 0;
	int status;
	pid_t pid;

	if (argc < 2)
		return 2;
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	pid = fork();
	if (pid == 0) {
		dup2(2, 1); /* ours is for the figures */
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	ended = (struct pollfd){ .fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };
	while (poll(&ended, 1, EVERY_MS) == 0) {
		long kib = sum_below(getpid());

		most = kib > most ? kib : most;
	}
	end = now_ms();
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return 1;
	printf("%.2f %ld\n", end - start, most);
	return WEXITSTATUS(status);
}
