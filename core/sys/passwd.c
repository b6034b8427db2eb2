/* passwd.c - see passwd.h */
#define _GNU_SOURCE
#include "sys/passwd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/beneath.h"
#include "base/fd.h"

enum { FILE_MAX_BYTES = 10 << 20 };

/* A decimal id: 1, 0 when it isn't a number at all, -1 when it is one that no id can be. */
static int parse_id(const char *text, unsigned *id)
{
	unsigned long long value;

	if (!*text || strspn(text, "0123456789") != strlen(text))
		return 0;
	errno = 0;
	value = strtoull(text, NULL, 10);
	if (errno || value > 0xfffffffeULL)
		return -1;
	*id = (unsigned)value;
	return 1;
}

/* The whole file; empty when there is none. */
static int read_list(int root, const char *path, struct lam_buf *out, struct lam_err *err)
{
	lam_autofd fd = lam_beneath_open(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, err);
	struct stat st;

	if (fd < 0)
		return err->num == ENOENT || err->num == ENOTDIR || err->num == EACCES ? 0 : -1;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return lam_err_set(err, 0, "%s in the image is not a regular file", path);
	return lam_fd_read_all(fd, FILE_MAX_BYTES, out, path, err);
}

/* Splits "a:b:c" into at most `max` fields, in place. */
static int split(char *line, char *fields[], int max)
{
	int n = 0;

	while (line && n < max)
		fields[n++] = strsep(&line, ":");
	return n;
}

/* Looks for a user by name or, when `by_id`, by number; fills user. 1 when found. */
static int find_user(char *text, const char *name, int by_id, unsigned id, struct lam_user *user)
{
	char *line;

	while ((line = strsep(&text, "\n"))) {
		char *field[7];
		unsigned uid, gid;

		if (split(line, field, 7) < 6 || parse_id(field[2], &uid) != 1 ||
		    parse_id(field[3], &gid) != 1)
			continue;
		if (by_id ? uid != id : strcmp(field[0], name) != 0)
			continue;
		user->uid = uid;
		user->gid = gid;
		strncpy(user->name, field[0], sizeof(user->name) - 1);
		if (field[5][0])
			strncpy(user->home, field[5], sizeof(user->home) - 1);
		return 1;
	}
	return 0;
}

static void add_group(struct lam_user *user, gid_t gid)
{
	for (int i = 0; i < user->ngroups; i++)
		if (user->groups[i] == gid)
			return;
	if (user->ngroups < LAM_GROUPS_MAX)
		user->groups[user->ngroups++] = gid;
}

static int lists_member(char *members, const char *name)
{
	char *member;

	while ((member = strsep(&members, ",")))
		if (strcmp(member, name) == 0)
			return 1;
	return 0;
}

/* The groups that list the user as a member. */
static void find_memberships(char *text, struct lam_user *user)
{
	char *line;

	while ((line = strsep(&text, "\n"))) {
		char *field[4];
		unsigned gid;

		if (split(line, field, 4) == 4 && parse_id(field[2], &gid) == 1 &&
		    lists_member(field[3], user->name))
			add_group(user, gid);
	}
}

static int find_group(char *text, const char *name, gid_t *out)
{
	char *line;

	while ((line = strsep(&text, "\n"))) {
		char *field[4];
		unsigned gid;

		if (split(line, field, 4) >= 3 && strcmp(field[0], name) == 0 &&
		    parse_id(field[2], &gid) == 1) {
			*out = gid;
			return 1;
		}
	}
	return 0;
}

static int resolve_name(int root, const char *name, struct lam_user *user, struct lam_err *err)
{
	lam_autobuf struct lam_buf text = LAM_BUF_INIT;
	unsigned id = 0;
	int number = parse_id(name, &id);

	if (number < 0)
		return lam_err_set(err, EINVAL, "user '%s'", name);
	if (read_list(root, "/etc/passwd", &text, err) < 0)
		return -1;
	user->uid = id;
	if (find_user(text.data, name, number, id, user) || number)
		return 0;
	return lam_err_set(err, ENOENT, "user '%s' is not in the image's /etc/passwd", name);
}

static int resolve_group(int root, const char *name, struct lam_user *user, struct lam_err *err)
{
	lam_autobuf struct lam_buf text = LAM_BUF_INIT;
	unsigned id;
	int number = parse_id(name, &id);

	if (number < 0)
		return lam_err_set(err, EINVAL, "group '%s'", name);
	if (number) {
		user->gid = id;
		return 0;
	}
	if (read_list(root, "/etc/group", &text, err) < 0)
		return -1;
	if (find_group(text.data, name, &user->gid))
		return 0;
	return lam_err_set(err, ENOENT, "group '%s' is not in the image's /etc/group", name);
}

static int resolve_memberships(int root, struct lam_user *user, struct lam_err *err)
{
	lam_autobuf struct lam_buf text = LAM_BUF_INIT;

	if (user->name[0] == '\0')
		return 0;
	if (read_list(root, "/etc/group", &text, err) < 0)
		return -1;
	find_memberships(text.data, user);
	return 0;
}

int lam_user_resolve(int root, const char *spec, struct lam_user *user, struct lam_err *err)
{
	lam_autofree char *copy = strdup(spec);
	char *group = copy ? strchr(copy, ':') : NULL;

	*user = (struct lam_user){ .home = "/" };
	if (!copy)
		return lam_err_set(err, ENOMEM, "user '%s'", spec);
	if (group)
		*group++ = '\0';
	if (resolve_name(root, *copy ? copy : "0", user, err) < 0)
		return -1;
	if (group && *group) {
		if (resolve_group(root, group, user, err) < 0)
			return -1;
		add_group(user, user->gid);
		return 0;
	}
	add_group(user, user->gid);
	return resolve_memberships(root, user, err);
}
