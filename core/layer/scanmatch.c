/* scanmatch.c - see scanmatch.h */
#include "layer/scanmatch.h"

#include <string.h>

#include "base/glob.h"

static int put_match(struct lam_scan *scan, uint32_t node, struct lam_buf *out, struct lam_err *err)
{
	int kept = lam_scan_is_kept(scan, node, err);
	const char *path;

	if (kept <= 0)
		return kept;
	path = lam_scan_path(scan, node, LAM_SCAN_ROOT, err);
	return path ? lam_buf_put(out, path, strlen(path) + 1, err) : -1;
}

static int match(struct lam_scan *scan, const struct lam_glob *glob, struct lam_buf *out,
		 struct lam_err *err)
{
	uint32_t node = LAM_SCAN_ROOT;
	int into = 1;

	for (;;) {
		uint32_t depth;

		if (into && lam_scan_enter(scan, node, err) < 0)
			return -1;
		node = lam_scan_next(scan, node, LAM_SCAN_ROOT, into);
		if (node == LAM_SCAN_NONE)
			return 0;
		depth = lam_scan_depth(scan, node);
		into = lam_glob_name(glob, depth - 1, lam_scan_name(scan, node));
		if (into && depth == lam_glob_depth(glob)) {
			into = 0;
			if (put_match(scan, node, out, err) < 0)
				return -1;
		}
	}
}

int lam_scan_match(struct lam_scan *scan, const char *pattern, struct lam_buf *out,
		   struct lam_err *err)
{
	struct lam_glob *glob = lam_glob_new(pattern, err);
	int result;

	if (!glob)
		return -1;
	result = *pattern ? match(scan, glob, out, err) : lam_buf_put(out, "", 1, err);
	lam_glob_free(glob);
	return result;
}
