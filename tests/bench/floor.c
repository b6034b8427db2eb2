/* floor.c - the least that one step costs: clone into new namespaces, overlay, pivot_root,
 * /proc, exec, wait. No builder can do with less.
 *
 *	floor ROOT SCRATCH COUNT [net] PROGRAM    as root; ROOT is the lower directory
 *
 * Prints milliseconds per round. */
#define _GNU_SOURCE
#include <err.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *root, *scratch, *program;

static void make(const char *kind, int round, char out[256])
{
	snprintf(out, 256, "%s/%s%d", scratch, kind, round);
	if (mkdir(out, 0755) < 0)
		err(1, "mkdir %s", out);
}

static void become(int round)
{
	char upper[256], work[256], merged[256], options[1024];
	char *const argv[] = { (char *)program, NULL };

	make("upper", round, upper);
	make("work", round, work);
	make("merged", round, merged);
	snprintf(options, sizeof(options), "lowerdir=%s,upperdir=%s,workdir=%s,volatile", root,
		 upper, work);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("overlay", merged, "overlay", 0, options) < 0)
		err(1, "overlay");
	if (chdir(merged) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
	    umount2(".", MNT_DETACH) < 0)
		err(1, "pivot_root");
	mkdir("/proc", 0755);
	if (mount("proc", "/proc", "proc", 0, NULL) < 0)
		err(1, "proc");
	execv(program, argv);
	err(1, "exec %s", program);
}

static void round_trip(int round, int flags)
{
	int status;
	pid_t pid = (pid_t)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);

	if (pid < 0)
		err(1, "clone");
	if (pid == 0)
		become(round);
	if (waitpid(pid, &status, 0) < 0 || status != 0)
		errx(1, "round %d failed", round);
}

int main(int argc, char **argv)
{
	int flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
	struct timespec from, to;
	int count;

	if (argc < 5)
		errx(2, "floor ROOT SCRATCH COUNT [net] PROGRAM");
	root = argv[1];
	scratch = argv[2];
	count = atoi(argv[3]);
	program = argv[argc - 1];
	if (strcmp(argv[4], "net") == 0)
		flags |= CLONE_NEWNET;
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (int i = 0; i < count; i++)
		round_trip(i, flags);
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("%.3f\n", ((double)(to.tv_sec - from.tv_sec) * 1e3 +
			  (double)(to.tv_nsec - from.tv_nsec) / 1e6) /
			     count);
	return 0;
}
