/* caps.c - see caps.h */
#define _GNU_SOURCE
#include "sys/caps.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <strings.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BIT(cap) (UINT64_C(1) << (cap))

uint64_t lam_caps_default(void)
{
	return BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_FSETID) | BIT(CAP_FOWNER) |
	       BIT(CAP_MKNOD) | BIT(CAP_NET_RAW) | BIT(CAP_SETGID) | BIT(CAP_SETUID) |
	       BIT(CAP_SETFCAP) | BIT(CAP_SETPCAP) | BIT(CAP_NET_BIND_SERVICE) |
	       BIT(CAP_SYS_CHROOT) | BIT(CAP_KILL) | BIT(CAP_AUDIT_WRITE);
}

uint64_t lam_caps_named(const char *name, struct lam_err *err)
{
	char full[64];
	cap_value_t value;

	snprintf(full, sizeof(full), "%s%s", strncasecmp(name, "cap_", 4) == 0 ? "" : "cap_", name);
	if (cap_from_name(full, &value) == 0)
		return BIT(value);
	lam_err_set(err, 0, "unknown capability '%s'", name);
	return 0;
}

/* The kernel knows the end of its list: EINVAL. Any other failure would leave capabilities in. */
int lam_caps_bound(uint64_t keep, struct lam_err *err)
{
	int cap = 0;

	for (; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (!(keep & BIT(cap)) && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return lam_err_set(err, errno, "drop capability %d", cap);
	return errno == EINVAL ? 0 : lam_err_set(err, errno, "read capability %d", cap);
}

int lam_caps_apply(uint64_t keep, struct lam_err *err)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = {
		{ (uint32_t)keep, (uint32_t)keep, 0 },
		{ (uint32_t)(keep >> 32), (uint32_t)(keep >> 32), 0 },
	};

	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return lam_err_set(err, errno, "clear ambient capabilities");
	if (syscall(SYS_capset, &header, data) < 0)
		return lam_err_set(err, errno, "set capabilities");
	return 0;
}
