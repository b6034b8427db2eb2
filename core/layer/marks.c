/* marks.c - see marks.h */
#define _GNU_SOURCE
#include "layer/marks.h"

#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

const char *lam_mark_opaque(int userxattr)
{
	return userxattr ? "user.overlay.opaque" : "trusted.overlay.opaque";
}

int lam_mark_is_whiteout(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(0, 0);
}

/* What belongs to the host's security modules or to overlay itself stays where it is. */
int lam_mark_xattr_travels(const char *name)
{
	static const char *const kept_back[] = {
		"trusted.overlay.", "user.overlay.", "security.selinux", "security.ima",
		"security.evm",     "system.",       "user.lamina.",
	};

	for (size_t i = 0; i < sizeof(kept_back) / sizeof(*kept_back); i++)
		if (strncmp(name, kept_back[i], strlen(kept_back[i])) == 0)
			return 0;
	return 1;
}

int lam_mark_is_opaque(int dir, int userxattr)
{
	char value[2];

	for (int kind = 0; kind < 2; kind++)
		if ((userxattr < 0 || userxattr == kind) &&
		    fgetxattr(dir, lam_mark_opaque(kind), value, sizeof(value)) == 1 &&
		    value[0] == 'y')
			return 1;
	return 0;
}
