/* freeze.c - see freeze.h */
#define _GNU_SOURCE
#include "sys/freeze.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { ROUNDS = 200, PAUSE_NS = 2000000 };

/* The identity of a process' pid namespace; 0 when it has gone. */
static ino_t pid_namespace(const char *pid)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%.20s/ns/pid", pid);
	return stat(path, &st) == 0 ? st.st_ino : 0;
}

/* Its state letter (proc_pid_stat(5)): 'T' is stopped. The name before it may hold anything. */
static char state_of(const char *pid)
{
	char path[64], text[512], *end;
	FILE *file;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return 'X';
	n = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[n] = '\0';
	end = strrchr(text, ')');
	return end && end[1] == ' ' ? end[2] : 'X';
}

static int is_at_rest(char state)
{
	return state == 'T' || state == 't' || state == 'Z' || state == 'X';
}

/* Sends a signal to every process of the namespace; answers how many are not at rest. */
static int signal_all(ino_t namespace, int sig, struct lam_err *err)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int busy = 0;

	if (!proc)
		return lam_err_set(err, errno, "open /proc");
	while ((entry = readdir(proc))) {
		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    pid_namespace(entry->d_name) != namespace)
			continue;
		if (!is_at_rest(state_of(entry->d_name)))
			busy++;
		kill((pid_t)atoi(entry->d_name), sig);
	}
	closedir(proc);
	return busy;
}

static ino_t namespace_of(pid_t pid, struct lam_err *err)
{
	char text[16];
	ino_t namespace;

	snprintf(text, sizeof(text), "%d", pid);
	namespace = pid_namespace(text);
	if (namespace == 0)
		lam_err_set(err, ESRCH, "process %d", pid);
	else if (namespace == pid_namespace("self"))
		lam_err_set(err, EINVAL, "process %d is not in a container", pid);
	else
		return namespace;
	return 0;
}

int lam_freeze(pid_t pid, struct lam_err *err)
{
	ino_t namespace = namespace_of(pid, err);
	const struct timespec pause = { 0, PAUSE_NS };

	if (namespace == 0)
		return -1;
	for (int round = 0; round < ROUNDS; round++) {
		int busy = signal_all(namespace, SIGSTOP, err);

		if (busy <= 0)
			return busy;
		nanosleep(&pause, NULL);
	}
	signal_all(namespace, SIGCONT, err);
	return lam_err_set(err, EBUSY, "freeze process %d", pid);
}

int lam_thaw(pid_t pid, struct lam_err *err)
{
	ino_t namespace = namespace_of(pid, err);

	return namespace == 0 || signal_all(namespace, SIGCONT, err) < 0 ? -1 : 0;
}
