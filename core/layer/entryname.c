/* entryname.c - see entryname.h */
#include "layer/entryname.h"

#include <errno.h>
#include <string.h>

#include "layer/marks.h"

int lam_entry_clean(const char *name, const struct lam_apply_limits *limits, char out[LAM_PATH_MAX],
		    struct lam_err *err)
{
	unsigned most = limits->path < LAM_PATH_MAX ? limits->path : LAM_PATH_MAX - 1;
	const char *at = name;
	unsigned depth = 0;
	size_t n, len = 0;

	if (strlen(name) > most)
		return lam_err_set(err, ENAMETOOLONG, "longer than the limit 'path' of %u", most);
	for (; (n = lam_path_part(&at)) > 0; at += n) {
		if (n == 1 && at[0] == '.')
			continue;
		if (n == 2 && memcmp(at, "..", 2) == 0)
			return lam_err_set(err, EINVAL, "the name has '..' in it");
		if (n > LAM_NAME_MAX)
			return lam_err_set(err, ENAMETOOLONG, "a part of the name");
		if (++depth > limits->depth)
			return lam_err_set(err, E2BIG, "deeper than the limit 'depth' of %u",
					   limits->depth);
		if (len > 0)
			out[len++] = '/';
		memcpy(out + len, at, n);
		len += n;
	}
	out[len] = '\0';
	return 0;
}

const char *lam_entry_last(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int has_prefix(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* The directories on the way: `.wh.` begins no name but that of a marker itself, else a layer
 * could hide what it isn't. */
static int parents_kind(const char *path, struct lam_err *err)
{
	const char *last = lam_entry_last(path);

	for (const char *at = path; at < last; at = strchr(at, '/') + 1) {
		if (has_prefix(at, LAM_WHITEOUT_AUFS) && !has_prefix(at, LAM_WHITEOUT_OPAQUE "/"))
			return LAM_ENTRY_IGNORED;
		if (has_prefix(at, LAM_WHITEOUT_PREFIX))
			return lam_err_set(err, EINVAL, "below a whiteout");
	}
	return LAM_ENTRY_ORDINARY;
}

int lam_entry_kind(const char *path, struct lam_err *err)
{
	const char *last = lam_entry_last(path), *hidden = last + strlen(LAM_WHITEOUT_PREFIX);
	int kind = parents_kind(path, err);

	if (kind != LAM_ENTRY_ORDINARY || !has_prefix(last, LAM_WHITEOUT_PREFIX))
		return kind;
	if (strcmp(last, LAM_WHITEOUT_OPAQUE) == 0)
		return LAM_ENTRY_OPAQUE;
	if (has_prefix(last, LAM_WHITEOUT_AUFS))
		return LAM_ENTRY_IGNORED;
	if (*hidden == '\0' || strcmp(hidden, ".") == 0 || strcmp(hidden, "..") == 0)
		return lam_err_set(err, EINVAL, "a whiteout of nothing");
	return LAM_ENTRY_WHITEOUT;
}
