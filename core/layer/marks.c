/* marks.c - see marks.h */
#define _GNU_SOURCE
#include "layer/marks.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

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

int lam_mark_is_own(const char *name)
{
	return strcmp(name, LAM_MARK_DEVICE) == 0 ||
	       strncmp(name, LAM_MARK_XATTR, strlen(LAM_MARK_XATTR)) == 0;
}

int lam_mark_is_believed(const struct stat *st)
{
	return st->st_uid == geteuid() && !(st->st_mode & (S_IWGRP | S_IWOTH));
}

mode_t lam_mark_closed(mode_t mode)
{
	return mode & 07777 & ~(mode_t)(S_IWGRP | S_IWOTH);
}

mode_t lam_mark_device_mode(const struct lam_mark_device *device, mode_t file)
{
	return lam_mark_closed(device->mode) == (file & 07777) ? device->mode : file & 07777;
}

int lam_mark_device_put(int fd, const struct lam_mark_device *device, struct lam_err *err)
{
	char text[LAM_MARK_DEVICE_MAX];
	int n = snprintf(text, sizeof(text), "%c:%u:%u:%u:%u:%o", device->is_block ? 'b' : 'c',
			 device->major, device->minor, device->uid, device->gid, device->mode);

	if (fsetxattr(fd, LAM_MARK_DEVICE, text, (size_t)n, 0) < 0)
		return lam_err_set(err, errno, "device node");
	return 0;
}

int lam_mark_device_parse(const char *text, struct lam_mark_device *device)
{
	char kind;

	if (sscanf(text, "%c:%u:%u:%u:%u:%o", &kind, &device->major, &device->minor, &device->uid,
		   &device->gid, &device->mode) != 6)
		return 0;
	device->mode &= 07777;
	device->is_block = kind == 'b';
	return kind == 'b' || kind == 'c';
}

int lam_mark_device_get(int fd, struct lam_mark_device *device)
{
	char text[LAM_MARK_DEVICE_MAX];
	ssize_t n = fgetxattr(fd, LAM_MARK_DEVICE, text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	return lam_mark_device_parse(text, device);
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
