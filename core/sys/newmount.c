/* newmount.c - see newmount.h */
#define _GNU_SOURCE
#include "sys/newmount.h"

#include <errno.h>
#include <string.h>

#include "base/auto.h"
#include "sys/kernel.h"

static int set_option(int fs, char *option)
{
	char *value = strchr(option, '=');

	if (!value)
		return lam_fsconfig(fs, FSCONFIG_SET_FLAG, option, NULL);
	*value++ = '\0';
	return lam_fsconfig(fs, FSCONFIG_SET_STRING, option, value);
}

int lam_newmount(const char *type, const char *options, unsigned attributes, struct lam_err *err)
{
	lam_autofd fs = lam_fsopen(type);
	char copy[256], *rest = copy, *option;
	int fd;

	if (fs < 0)
		return lam_err_set(err, errno, "mount %s", type);
	if (options && strlen(options) >= sizeof(copy))
		return lam_err_set(err, E2BIG, "mount %s: options", type);
	lam_fsconfig(fs, FSCONFIG_SET_STRING, "source", type); /* what mount(8) and df(1) show */
	strcpy(copy, options ? options : "");
	while ((option = strsep(&rest, ",")))
		if (*option && set_option(fs, option) < 0)
			return lam_err_set(err, errno, "mount %s: option %s", type, option);
	if (lam_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL) < 0)
		return lam_err_set(err, errno, "mount %s", type);
	fd = lam_fsmount(fs, attributes);
	return fd >= 0 ? fd : lam_err_set(err, errno, "mount %s", type);
}
