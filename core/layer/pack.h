/* pack.h - a directory becomes a canonical layer tar: the same tree always gives the same bytes.
 *
 * Entries in the order of their names, directories before what is in them, whiteouts before their
 * siblings; whole seconds; numeric owners; hard links to the first name; sockets left out. */
#ifndef LAM_LAYER_PACK_H
#define LAM_LAYER_PACK_H

#include "layer/encode.h"

struct lam_pack {
	int tree;      /* a plain tree: marks mean nothing */
	int userxattr; /* the kind of overlay whose opaque marks count; -1: of either */
	int output;    /* descriptor, or -1: digests only */
	enum lam_compression compression;
	int level;     /* 0: the default */
	int64_t epoch; /* later times become this; -1: none do */
	void (*progress)(void *data, uint64_t done);
	void *progress_data;
};

struct lam_packed {
	struct lam_decoded stream;
	uint64_t entries, bytes;
};

/* Packs the directory `dir` (a descriptor to read from). */
int lam_pack(int dir, const struct lam_pack *how, struct lam_packed *out, struct lam_err *err);

#endif
