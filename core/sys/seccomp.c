/* seccomp.c - see seccomp.h
 *
 * The default is EPERM. Names that this libseccomp doesn't know are left out: their calls get
 * EPERM, which is what they would get without a rule. */
#define _GNU_SOURCE
#include "sys/seccomp.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fd.h"
#include "sys/caps.h"
#include "sys/seccomp_default.h"
#include "sys/seccomp_names.h"

enum { NAMESPACE_FLAGS = 0x7E020000 };

static int add(scmp_filter_ctx ctx, uint32_t action, const char *name, struct lam_err *err)
{
	int nr = seccomp_syscall_resolve_name(name), rc;

	if (nr == __NR_SCMP_ERROR)
		return 0;
	rc = seccomp_rule_add(ctx, action, nr, 0);
	return rc < 0 ? lam_err_set(err, -rc, "seccomp rule %s", name) : 0;
}

static int add_names(scmp_filter_ctx ctx, const char *const *names, struct lam_err *err)
{
	for (; *names; names++)
		if (add(ctx, SCMP_ACT_ALLOW, *names, err) < 0)
			return -1;
	return 0;
}

/* The library's own macros leave a field out, which clang warns about. */
static struct scmp_arg_cmp compare(unsigned arg, enum scmp_compare op, uint64_t a, uint64_t b)
{
	return (struct scmp_arg_cmp){ .arg = arg, .op = op, .datum_a = a, .datum_b = b };
}

static int allow_if(scmp_filter_ctx ctx, int nr, struct scmp_arg_cmp condition, struct lam_err *err)
{
	int rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 1, condition);

	return rc < 0 ? lam_err_set(err, -rc, "seccomp rule %d", nr) : 0;
}

static int allow_personalities(scmp_filter_ctx ctx, struct lam_err *err)
{
	static const unsigned fine[] = { 0, 8, 0x20000, 0x20008, 0xffffffff };

	for (size_t i = 0; i < sizeof(fine) / sizeof(*fine); i++)
		if (allow_if(ctx, SCMP_SYS(personality), compare(0, SCMP_CMP_EQ, fine[i], 0), err) <
		    0)
			return -1;
	return 0;
}

/* Every family but AF_ALG (38: writes to the page cache) and AF_VSOCK (40: the host's). */
static int allow_sockets(scmp_filter_ctx ctx, struct lam_err *err)
{
	if (allow_if(ctx, SCMP_SYS(socket), compare(0, SCMP_CMP_LT, 38, 0), err) < 0 ||
	    allow_if(ctx, SCMP_SYS(socket), compare(0, SCMP_CMP_EQ, 39, 0), err) < 0)
		return -1;
	return allow_if(ctx, SCMP_SYS(socket), compare(0, SCMP_CMP_GT, 40, 0), err);
}

static int add_conditional(scmp_filter_ctx ctx, uint64_t caps, struct lam_err *err)
{
	if (allow_personalities(ctx, err) < 0 || allow_sockets(ctx, err) < 0)
		return -1;
	if (caps & (UINT64_C(1) << CAP_SYS_ADMIN))
		return add_names(ctx, lam_seccomp_admin, err);
	if (allow_if(ctx, SCMP_SYS(clone), compare(0, SCMP_CMP_MASKED_EQ, NAMESPACE_FLAGS, 0),
		     err) < 0)
		return -1;
	return add(ctx, SCMP_ACT_ERRNO(ENOSYS), "clone3", err); /* its flags can't be seen */
}

static int refuse(scmp_filter_ctx ctx, int error, int nr, struct scmp_arg_cmp condition,
		  struct lam_err *err)
{
	int rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(error), nr, 1, condition);

	return rc < 0 ? lam_err_set(err, -rc, "seccomp rule %d", nr) : 0;
}

/* What an allowed call may not be used for: pushing input into a terminal (TIOCSTI, TIOCLINUX),
 * and making a socket through socketcall, whose family can't be seen. libseccomp allows that one by
 * itself with `socket`, so it is refused by a filter of its own. */
static int refuse_uses(scmp_filter_ctx ctx, uint64_t caps, struct lam_err *err)
{
	const struct scmp_arg_cmp sti = compare(1, SCMP_CMP_MASKED_EQ, 0xffffffffu, 0x5412);
	const struct scmp_arg_cmp console = compare(1, SCMP_CMP_MASKED_EQ, 0xffffffffu, 0x541c);
	const struct scmp_arg_cmp make = compare(0, SCMP_CMP_EQ, 1, 0);

	(void)caps;
	if (refuse(ctx, ENOTTY, SCMP_SYS(ioctl), sti, err) < 0 ||
	    refuse(ctx, ENOTTY, SCMP_SYS(ioctl), console, err) < 0)
		return -1;
	return refuse(ctx, EPERM, SCMP_SYS(socketcall), make, err);
}

static int add_archs(scmp_filter_ctx ctx, struct lam_err *err)
{
	/* Not x32, all of which is refused then: hardly a kernel has it switched on, and its rules
	 * would be a third of the code that the kernel compiles for each container. */
	if (seccomp_arch_native() == SCMP_ARCH_X86_64 && seccomp_arch_add(ctx, SCMP_ARCH_X86) < 0)
		return lam_err_set(err, EINVAL, "seccomp: x86");
	if (seccomp_arch_native() == SCMP_ARCH_AARCH64 && seccomp_arch_add(ctx, SCMP_ARCH_ARM) < 0)
		return lam_err_set(err, EINVAL, "seccomp: arm");
	seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(EPERM));
	seccomp_attr_set(ctx, SCMP_FLTATR_CTL_NNP, 0);
	return 0;
}

static int allow_calls(scmp_filter_ctx ctx, uint64_t caps, struct lam_err *err)
{
	seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a binary tree, not a list */
	if (add_names(ctx, lam_seccomp_allowed, err) < 0)
		return -1;
	return add_conditional(ctx, caps, err);
}

/* libseccomp writes the program to a descriptor only. */
static int export_code(scmp_filter_ctx ctx, struct lam_seccomp_part *out, struct lam_err *err)
{
	lam_autofd fd = memfd_create("seccomp", MFD_CLOEXEC);
	lam_autobuf struct lam_buf code = LAM_BUF_INIT;

	if (fd < 0)
		return lam_err_set(err, errno, "memfd");
	if (seccomp_export_bpf(ctx, fd) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return lam_err_set(err, EINVAL, "seccomp export");
	if (lam_fd_read_all(fd, 1 << 20, &code, "seccomp", err) < 0)
		return -1;
	out->len = (unsigned short)(code.len / sizeof(*out->code));
	out->code = (struct sock_filter *)(void *)code.data;
	code.data = NULL; /* given to out */
	return 0;
}

typedef int add_rules(scmp_filter_ctx ctx, uint64_t caps, struct lam_err *err);

static int compile(uint32_t otherwise, add_rules *rules, uint64_t caps,
		   struct lam_seccomp_part *out, struct lam_err *err)
{
	scmp_filter_ctx ctx = seccomp_init(otherwise);
	int result;

	if (!ctx)
		return lam_err_set(err, ENOMEM, "seccomp");
	result = add_archs(ctx, err);
	if (result == 0)
		result = rules(ctx, caps, err);
	if (result == 0)
		result = export_code(ctx, out, err);
	seccomp_release(ctx);
	return result;
}

static int copy_code(const struct lam_seccomp_code *from, struct lam_seccomp_part *out,
		     struct lam_err *err)
{
	size_t size = from->len * sizeof(*from->code);

	out->code = malloc(size);
	if (!out->code)
		return lam_err_set(err, ENOMEM, "seccomp");
	memcpy(out->code, from->code, size);
	out->len = from->len;
	return 0;
}

int lam_seccomp_compile(uint64_t caps, struct lam_seccomp *out, struct lam_err *err)
{
	if (caps == lam_caps_default() && lam_seccomp_default[0].code)
		return copy_code(&lam_seccomp_default[0], &out->calls, err) < 0
			   ? -1
			   : copy_code(&lam_seccomp_default[1], &out->uses, err);
	if (compile(SCMP_ACT_ERRNO(EPERM), allow_calls, caps, &out->calls, err) < 0)
		return -1;
	return compile(SCMP_ACT_ALLOW, refuse_uses, caps, &out->uses, err);
}

static int install(const struct lam_seccomp_part *part, struct lam_err *err)
{
	struct sock_fprog program = { part->len, part->code };

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		return lam_err_set(err, errno, "install the system call filter");
	return 0;
}

int lam_seccomp_install(const struct lam_seccomp *filter, struct lam_err *err)
{
	return install(&filter->uses, err) < 0 ? -1 : install(&filter->calls, err);
}

void lam_seccomp_free(struct lam_seccomp *filter)
{
	free(filter->calls.code);
	free(filter->uses.code);
	*filter = (struct lam_seccomp){ { NULL, 0 }, { NULL, 0 } };
}
