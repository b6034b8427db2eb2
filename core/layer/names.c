/* names.c - see names.h */
#define _GNU_SOURCE
#include "layer/names.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int read_all(DIR *dir, struct lam_names *names, struct lam_err *err)
{
	struct dirent *entry;

	errno = 0;
	while ((entry = readdir(dir))) {
		const char *name = entry->d_name;

		if (name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0')))
			continue;
		if (lam_buf_put(&names->text, &entry->d_type, 1, err) < 0 ||
		    lam_buf_put(&names->text, name, strlen(name) + 1, err) < 0)
			return -1;
		names->count++;
		errno = 0;
	}
	return errno ? lam_err_set(err, errno, "read a directory") : 0;
}

static int sort(struct lam_names *names, struct lam_err *err)
{
	char *at = names->text.data;

	names->list = calloc(names->count + 1, sizeof(*names->list));
	if (!names->list)
		return lam_err_set(err, ENOMEM, "read a directory");
	for (size_t i = 0; i < names->count; i++, at += strlen(at) + 1)
		names->list[i] = ++at;
	qsort(names->list, names->count, sizeof(*names->list), by_bytes);
	return 0;
}

int lam_names_read(int dir, struct lam_names *names, struct lam_err *err)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	int result;

	*names = (struct lam_names){ .list = NULL };
	if (!stream) {
		lam_err_set(err, errno, "read a directory");
		if (fd >= 0)
			close(fd);
		return -1;
	}
	result = read_all(stream, names, err);
	closedir(stream);
	return result < 0 ? -1 : sort(names, err);
}

int lam_names_type(const struct lam_names *names, size_t index)
{
	return (unsigned char)names->list[index][-1];
}

void lam_names_free(struct lam_names *names)
{
	free(names->list);
	lam_buf_free(&names->text);
	names->list = NULL;
	names->count = 0;
}
