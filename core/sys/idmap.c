/* idmap.c - see idmap.h */
#define _GNU_SOURCE
#include "sys/idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fd.h"

static int read_file(const char *path, struct lam_buf *out, struct lam_err *err)
{
	lam_autofd fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return lam_err_set(err, errno, "open %s", path);
	return lam_fd_read_all(fd, 1 << 20, out, path, err);
}

/* The name of `uid` in /etc/passwd, read as text: no NSS module is loaded (SECURITY rule 4). */
static void user_name(uid_t uid, char out[64])
{
	lam_autobuf struct lam_buf text = LAM_BUF_INIT;
	struct lam_err err;
	char *line, *rest;

	out[0] = '\0';
	if (read_file("/etc/passwd", &text, &err) < 0)
		return;
	for (line = strtok_r(text.data, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		unsigned number;
		char name[64];

		if (sscanf(line, "%63[^:]:%*[^:]:%u:", name, &number) == 2 && number == uid) {
			strcpy(out, name);
			return;
		}
	}
}

int lam_subids_find(const char *file, uid_t uid, struct lam_subids *out, struct lam_err *err)
{
	lam_autobuf struct lam_buf text = LAM_BUF_INIT;
	char name[64], number[16], *line, *rest;

	*out = (struct lam_subids){ 0, 0 };
	if (access(file, F_OK) < 0)
		return 0;
	if (read_file(file, &text, err) < 0)
		return -1;
	user_name(uid, name);
	snprintf(number, sizeof(number), "%u", uid);
	for (line = strtok_r(text.data, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		struct lam_subids range;
		char who[64];

		if (sscanf(line, "%63[^:]:%u:%u", who, &range.first, &range.count) != 3)
			continue;
		if (strcmp(who, name) != 0 && strcmp(who, number) != 0)
			continue;
		*out = range;
		return 0;
	}
	return 0;
}

/* Runs `newuidmap PID 0 UID 1 1 FIRST COUNT` and waits. */
static int run_helper(const char *program, pid_t pid, unsigned id, const struct lam_subids *range)
{
	char words[6][16];
	char *const argv[] = { (char *)program, words[0], (char *)"0", words[1], (char *)"1",
			       (char *)"1",     words[2], words[3],    NULL };
	char *const envp[] = { (char *)"PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", NULL };
	pid_t child;
	int status;

	snprintf(words[0], sizeof(words[0]), "%d", pid);
	snprintf(words[1], sizeof(words[1]), "%u", id);
	snprintf(words[2], sizeof(words[2]), "%u", range->first);
	snprintf(words[3], sizeof(words[3]), "%u", range->count);
	child = fork();
	if (child == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		dup2(null, 2);
		execvpe(program, argv, envp);
		_exit(127);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static int write_proc(pid_t pid, const char *file, const char *text, struct lam_err *err)
{
	char path[64];
	lam_autofd fd = -1;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return lam_err_set(err, errno, "open %s", path);
	return lam_fd_write_all(fd, text, strlen(text), path, err);
}

static int write_single(pid_t pid, uid_t uid, gid_t gid, struct lam_err *err)
{
	char map[32];

	snprintf(map, sizeof(map), "0 %u 1\n", uid);
	if (write_proc(pid, "uid_map", map, err) < 0)
		return -1;
	if (write_proc(pid, "setgroups", "deny", err) < 0)
		return -1;
	snprintf(map, sizeof(map), "0 %u 1\n", gid);
	return write_proc(pid, "gid_map", map, err) < 0 ? -1 : 1;
}

int lam_idmap_write(pid_t pid, uid_t uid, gid_t gid, struct lam_err *err)
{
	struct lam_subids uids, gids;
	unsigned count;

	if (lam_subids_find("/etc/subuid", uid, &uids, err) < 0 ||
	    lam_subids_find("/etc/subgid", uid, &gids, err) < 0)
		return -1;
	if (uids.count == 0 || gids.count == 0)
		return write_single(pid, uid, gid, err);
	if (run_helper("newuidmap", pid, uid, &uids) < 0)
		return write_single(pid, uid, gid, err);
	if (run_helper("newgidmap", pid, gid, &gids) < 0)
		return lam_err_set(err, 0,
				   "newgidmap: the group ids %u+%u of /etc/subgid are refused",
				   gids.first, gids.count);
	count = uids.count < gids.count ? uids.count : gids.count;
	return count < INT_MAX ? 1 + (int)count : INT_MAX;
}
