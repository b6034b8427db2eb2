/* launcher.c - a program of its own, executed just before the container's: it executes that one.
 *
 * Until a process has executed something, /proc/self/exe is whoever runs lamina: the host's file,
 * which a program inside could open that way and overwrite (CVE-2019-5736). With this in between
 * it is a sealed memfd with nothing in it worth changing.
 *
 * Its arguments are the paths to try, an empty one, and the program's arguments. Descriptor 3
 * takes the errno of a failure. No library: a hostile image has nothing to say in here. */
#include <asm/unistd.h>

enum { REPORT = 3, F_SETFD = 2, FD_CLOEXEC = 1, ENOENT = 2, ENOTDIR = 20, FAILED = 127 };

#if defined(__x86_64__)
static long call(long number, long a, long b, long c)
{
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return result;
}

__asm__(".globl _start\n_start:\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall launch\n");
#elif defined(__aarch64__)
static long call(long number, long a, long b, long c)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;

	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
	return x0;
}

__asm__(".globl _start\n_start:\n\tmov x0, sp\n\tbl launch\n");
#else
#error "the system calls of this architecture are missing here"
#endif

static void leave(void)
{
	for (;;)
		call(__NR_exit_group, FAILED, 0, 0);
}

/* What the kernel puts on the stack: argc, argv, NULL, envp, NULL. */
void launch(long *stack);
void launch(long *stack)
{
	char **path = (char **)(stack + 1), **env = path + stack[0] + 1, **args = path;
	int telling = ENOENT; /* the failure that says most */

	/* It isn't there when an image names /proc/self/exe: then nobody is left to be told. */
	if (call(__NR_fcntl, REPORT, F_SETFD, FD_CLOEXEC) < 0)
		leave();
	while (**args)
		args++;
	args++;
	for (; **path; path++) {
		int failure = (int)-call(__NR_execve, (long)*path, (long)args, (long)env);

		if (failure != ENOENT && failure != ENOTDIR)
			telling = failure;
	}
	call(__NR_write, REPORT, (long)&telling, sizeof(telling));
	leave();
}
