/* entryname.h - the names that an archive gives, checked before anything is done with them. */
#ifndef LAM_LAYER_ENTRYNAME_H
#define LAM_LAYER_ENTRYNAME_H

#include "base/path.h"
#include "layer/apply.h"

enum lam_entry_kind {
	LAM_ENTRY_ORDINARY,
	LAM_ENTRY_WHITEOUT, /* `.wh.NAME` */
	LAM_ENTRY_OPAQUE,   /* `.wh..wh..opq` */
	LAM_ENTRY_IGNORED,  /* AUFS' own files and what is in its own directories */
};

/* The name as a clean relative path, "" for the root. Fails where it has "..", or is over a
 * limit. */
int lam_entry_clean(const char *name, const struct lam_apply_limits *limits, char out[LAM_PATH_MAX],
		    struct lam_err *err);

/* The last part of a clean path. */
const char *lam_entry_last(const char *path);

/* What a clean path means in a layer; -1 for one that may not be: `.wh.` alone or as a parent. */
int lam_entry_kind(const char *path, struct lam_err *err);

#endif
