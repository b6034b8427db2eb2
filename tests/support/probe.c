/* probe.c - what a hostile program in a container tries. Built static by isolation_spec.lua.
 *
 *   probe WHAT...     each prints one line: its name and the errno's name, or "ok"
 *
 * As a program's loader (PT_INTERP) it is static-pie, and tells what /proc/self/exe allows. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

static void tell(const char *what, long result)
{
	printf("%s %s\n", what, result < 0 ? strerrorname_np(errno) : "ok");
	fflush(stdout);
}

/* Calls with arguments that would do no harm if they were let through. */
static const struct {
	const char *name;
	long number, a, b, c, d, e;
} calls[] = {
	{ "bpf", SYS_bpf, -1, 0, 0, 0, 0 },
	{ "perf_event_open", SYS_perf_event_open, 0, 0, -1, -1, 0 },
	{ "userfaultfd", SYS_userfaultfd, 0, 0, 0, 0, 0 },
	{ "io_uring_setup", SYS_io_uring_setup, 1, 0, 0, 0, 0 },
	{ "keyctl", SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0, 0, 0 },
	{ "add_key", SYS_add_key, 0, 0, 0, 0, 0 },
	{ "request_key", SYS_request_key, 0, 0, 0, 0, 0 },
	{ "open_by_handle_at", SYS_open_by_handle_at, -1, 0, 0, 0, 0 },
	{ "kexec_load", SYS_kexec_load, 0, 0, 0, -1, 0 },
	{ "init_module", SYS_init_module, 0, 0, 0, 0, 0 },
	{ "finit_module", SYS_finit_module, -1, 0, 0, 0, 0 },
	{ "delete_module", SYS_delete_module, 0, 0, 0, 0, 0 },
	{ "swapon", SYS_swapon, 0, 0, 0, 0, 0 },
	{ "reboot", SYS_reboot, 0, 0, 0, 0, 0 },
	{ "settimeofday", SYS_settimeofday, -1, -1, 0, 0, 0 },
	{ "clock_settime", SYS_clock_settime, -1, 0, 0, 0, 0 },
	{ "acct", SYS_acct, -1, 0, 0, 0, 0 },
	{ "syslog", SYS_syslog, 10, 0, 0, 0, 0 },
	{ "sethostname", SYS_sethostname, 0, 0, 0, 0, 0 },
	{ "setdomainname", SYS_setdomainname, 0, 0, 0, 0, 0 },
	{ "quotactl", SYS_quotactl, -1, 0, 0, 0, 0 },
	{ "mount", SYS_mount, 0, 0, 0, 0, 0 },
	{ "umount2", SYS_umount2, (long)"/proc", 0, 0, 0, 0 },
	{ "pivot_root", SYS_pivot_root, (long)".", (long)".", 0, 0, 0 },
	{ "unshare", SYS_unshare, CLONE_NEWUSER, 0, 0, 0, 0 },
	{ "setns", SYS_setns, -1, 0, 0, 0, 0 },
	{ "fsopen", SYS_fsopen, (long)"tmpfs", 0, 0, 0, 0 },
	{ "fsmount", SYS_fsmount, -1, 0, 0, 0, 0 },
	{ "open_tree", SYS_open_tree, AT_FDCWD, (long)"/", OPEN_TREE_CLONE, 0, 0 },
	{ "move_mount", SYS_move_mount, -1, 0, -1, 0, 0 },
	{ "mount_setattr", SYS_mount_setattr, -1, 0, 0, 0, 0 },
	{ "move_pages", SYS_move_pages, 0, 0, 0, 0, 0 },
	{ "personality", SYS_personality, 0x0040000, 0, 0, 0, 0 },
	{ "clone", SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0 },
	{ "clone3", SYS_clone3, 0, 0, 0, 0, 0 },
};

static void try_calls(void)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		tell(calls[i].name, syscall(calls[i].number, calls[i].a, calls[i].b, calls[i].c,
					    calls[i].d, calls[i].e));
}

/* The same by the other doors into the kernel: 32-bit calls and x32. */
static void try_foreign(void)
{
#ifdef __x86_64__
	static const uint32_t alg[] = { AF_ALG, SOCK_SEQPACKET, 0 };
	long result;
	void *args;
	int status;

	/* mount by the 32-bit gate; x32 mount */
	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(21), "b"(0), "c"(0), "d"(0), "S"(0), "D"(0)
			 : "memory");
	errno = (int)-result;
	tell("mount32", result);
	/* keyctl and AF_ALG by the 32-bit gate: socketcall would hide its arguments */
	__asm__ volatile("int $0x80" : "=a"(result) : "a"(288), "b"(0), "c"(-3), "d"(0) : "memory");
	errno = (int)-result;
	tell("keyctl32", result);
	__asm__ volatile("int $0x80" : "=a"(result) : "a"(359), "b"(38), "c"(5), "d"(0) : "memory");
	errno = (int)-result;
	tell("alg32", result);
	args = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1,
		    0);
	memcpy(args, alg, sizeof(alg));
	__asm__ volatile("int $0x80" : "=a"(result) : "a"(102), "b"(1), "c"(args) : "memory");
	errno = (int)-result;
	tell("socketcall", result);
	if (fork() == 0) {
		result = syscall(0x40000000 + 165, 0, 0, 0, 0, 0);
		tell("mountx32", result);
		_exit(0);
	}
	wait(&status);
#endif
}

static void try_sockets(void)
{
	static const struct {
		const char *name;
		int family, type;
	} kinds[] = {
		{ "unix", AF_UNIX, SOCK_STREAM },   { "inet", AF_INET, SOCK_STREAM },
		{ "inet6", AF_INET6, SOCK_STREAM }, { "netlink", AF_NETLINK, SOCK_RAW },
		{ "alg", AF_ALG, SOCK_SEQPACKET },  { "vsock", AF_VSOCK, SOCK_STREAM },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		tell(kinds[i].name, socket(kinds[i].family, kinds[i].type, 0));
}

static struct sockaddr_un abstract(const char *name, socklen_t *len)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	strncpy(address.sun_path + 1, name, sizeof(address.sun_path) - 2);
	*len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name));
	return address;
}

static void try_abstract(const char *name, int listens)
{
	socklen_t len;
	struct sockaddr_un address = abstract(name, &len);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (!listens) {
		tell("connect", connect(fd, (struct sockaddr *)&address, len));
		return;
	}
	if (bind(fd, (struct sockaddr *)&address, len) < 0 || listen(fd, 1) < 0)
		exit(1);
	puts("listening");
	fflush(stdout);
	pause();
}

static void try_terminal(void)
{
	tell("TIOCSTI", ioctl(0, TIOCSTI, "x"));
	tell("TIOCLINUX", ioctl(0, TIOCLINUX, "\2"));
	tell("/dev/tty", open("/dev/tty", O_RDWR));
}

static void try_node(const char *path, char type, unsigned major, unsigned minor)
{
	mode_t mode = (type == 'b' ? S_IFBLK : S_IFCHR) | 0600;

	if (mknod(path, mode, makedev(major, minor)) < 0)
		tell("mknod", -1);
	else
		tell("open", open(path, O_RDONLY));
}

static void try_loader(void)
{
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	exe[n < 0 ? 0 : n] = '\0';
	printf("loader of %s\n", exe);
	tell("write exe", open("/proc/self/exe", O_WRONLY));
}

/* A file that says of itself that it stands for a disk. */
static void try_mark(const char *path)
{
	static const char disk[] = "b:8:0:0:0:644";
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);

	tell("mark", fd < 0 ? fd : fsetxattr(fd, "user.lamina.device", disk, sizeof(disk) - 1, 0));
}

static void try_ptrace(void)
{
	tell("ptrace 1", ptrace(PTRACE_ATTACH, 1, 0, 0));
	tell("mem 1", open("/proc/1/mem", O_RDWR));
	tell("exe 1", open("/proc/1/exe", O_RDONLY));
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "loader";

	if (strcmp(what, "calls") == 0)
		try_calls();
	else if (strcmp(what, "foreign") == 0)
		try_foreign();
	else if (strcmp(what, "sockets") == 0)
		try_sockets();
	else if (strcmp(what, "connect") == 0)
		try_abstract(argv[2], 0);
	else if (strcmp(what, "listen") == 0)
		try_abstract(argv[2], 1);
	else if (strcmp(what, "terminal") == 0)
		try_terminal();
	else if (strcmp(what, "mark") == 0)
		try_mark(argv[2]);
	else if (strcmp(what, "ptrace") == 0)
		try_ptrace();
	else if (strcmp(what, "node") == 0)
		try_node(argv[2], *argv[3], (unsigned)atoi(argv[4]), (unsigned)atoi(argv[5]));
	else if (strcmp(what, "ids") == 0)
		printf("%d %d\n", getuid(), geteuid());
	else
		try_loader();
	return 0;
}
