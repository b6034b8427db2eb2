/* path.c - see path.h */
#include "base/path.h"

#include <errno.h>
#include <string.h>

size_t lam_path_part(const char **path)
{
	while (**path == '/')
		(*path)++;
	return strcspn(*path, "/");
}

/* Takes the last part off `out`, unless it is a ".." that must stay. Returns 0 when it must. */
static int drop_last(char *out, size_t root, size_t *len)
{
	size_t start = *len;

	if (*len == root)
		return root > 0; /* "/.." is "/" */
	while (start > root && out[start - 1] != '/')
		start--;
	if (*len - start == 2 && memcmp(out + start, "..", 2) == 0)
		return 0;
	*len = start > root ? start - 1 : root;
	return 1;
}

int lam_path_clean(const char *path, char *out, size_t size, struct lam_err *err)
{
	size_t root = path[0] == '/', len = root, n;
	const char *shown = path;

	if (size < 2)
		return lam_err_set(err, ENAMETOOLONG, "%s", shown);
	out[0] = '/';
	while ((n = lam_path_part(&path)) > 0) {
		const char *part = path;

		path += n;
		if (n == 1 && part[0] == '.')
			continue;
		if (n == 2 && memcmp(part, "..", 2) == 0 && drop_last(out, root, &len))
			continue;
		if (len + (len > root) + n + 1 > size)
			return lam_err_set(err, ENAMETOOLONG, "%s", shown);
		if (len > root)
			out[len++] = '/';
		memcpy(out + len, part, n);
		len += n;
	}
	if (len == 0)
		out[len++] = '.';
	out[len] = '\0';
	return 0;
}
