/* vfork.c - see vfork.h */
#define _GNU_SOURCE
#include "sys/vfork.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "sys/kernel.h"

/* AddressSanitizer keeps books on the stacks it knows: under it, the child is a copy. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LAM_KEEPS_BOOKS
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define LAM_KEEPS_BOOKS
#endif

#ifdef LAM_KEEPS_BOOKS
static pid_t borrow(int namespaces, int (*run)(void *data), void *data, int *pidfd)
{
	pid_t pid = lam_clone((uint64_t)namespaces, pidfd);

	if (pid == 0)
		_exit(run(data));
	return pid;
}
#else
enum { STACK_SIZE = 256 << 10 };

/* Its lowest page can't be touched: a child that needs more ends there. */
static char *make_stack(void)
{
	char *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

	if (stack == MAP_FAILED)
		return NULL;
	if (mprotect(stack, (size_t)sysconf(_SC_PAGESIZE), PROT_NONE) == 0)
		return stack;
	munmap(stack, STACK_SIZE);
	return NULL;
}

static pid_t borrow(int namespaces, int (*run)(void *data), void *data, int *pidfd)
{
	const int flags = namespaces | CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD;
	char *stack = make_stack();
	pid_t pid;
	int failure;

	if (!stack)
		return -1;
	pid = clone(run, stack + STACK_SIZE, flags, data, pidfd);
	failure = errno;
	munmap(stack, STACK_SIZE);
	errno = failure;
	return pid;
}
#endif

pid_t lam_vfork(int namespaces, int (*run)(void *data), void *data, int *pidfd)
{
	const int dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
	sigset_t all, before;
	pid_t pid;
	int failure;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid = borrow(namespaces, run, data, pidfd);
	failure = errno;
	sigprocmask(SIG_SETMASK, &before, NULL);
	/* it goes with the memory, and the child has cleared it */
	prctl(PR_SET_DUMPABLE, dumpable, 0, 0, 0);
	errno = failure;
	return pid;
}
