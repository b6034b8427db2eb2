/* scan.h - a directory tree in memory: names and stats, an array of them and no more.
 *
 *	struct lam_scan *scan = lam_scan_new(root, err);
 *	lam_scan_find(scan, "src/main.c", &node, err);
 *
 * A directory is read when something in it is first asked for, and once. No link is followed,
 * nothing but directories is opened, mounts are crossed. Depth costs no stack, and few descriptors.
 * The entries of a directory are in byte order of their names. A node is an index; the root is
 * LAM_SCAN_ROOT. All functions that return int return -1 on failure. */
#ifndef LAM_LAYER_SCAN_H
#define LAM_LAYER_SCAN_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/err.h"

enum { LAM_SCAN_ROOT = 0, LAM_SCAN_PATH_MAX = 16384 };
#define LAM_SCAN_NONE UINT32_MAX

/* SKIP leaves out the path, but not what lies in it, which makes it a parent that is kept. PRUNE
 * leaves out a whole directory without looking. */
enum lam_scan_verdict { LAM_SCAN_KEEP, LAM_SCAN_SKIP, LAM_SCAN_PRUNE };

/* Answers an enum lam_scan_verdict, or -1 with err filled. */
typedef int lam_scan_filter(void *arg, const char *path, int is_dir, struct lam_err *err);

/* What is kept of each node: the number of its body in body.c, and whether content.c's filter
 * leaves it out. */
struct lam_scan_note {
	uint32_t body : 31, out : 1;
};

struct lam_scan;

/* Opens the root anew: the caller's descriptor isn't needed afterwards and may be O_PATH. */
struct lam_scan *lam_scan_new(int root, struct lam_err *err);

/* From now on asked once for each name that is met. */
void lam_scan_set_filter(struct lam_scan *scan, lam_scan_filter *filter, void *arg);

/* 1 with the node of a path ("" is the root), 0 when it isn't there or left out. */
int lam_scan_find(struct lam_scan *scan, const char *path, uint32_t *node, struct lam_err *err);

/* The next one in the order of a walk of `top`, into the directory or past it. */
uint32_t lam_scan_next(const struct lam_scan *scan, uint32_t node, uint32_t top, int into);

/* Makes a directory's entries known; nothing for anything else. */
int lam_scan_enter(struct lam_scan *scan, uint32_t node, struct lam_err *err);

/* 0 for a directory that was skipped and holds nothing that is kept. */
int lam_scan_is_kept(struct lam_scan *scan, uint32_t node, struct lam_err *err);

/* A descriptor of the directory, good until the next call with this scan. */
int lam_scan_dir(struct lam_scan *scan, uint32_t node, struct lam_err *err);

/* Closes the descriptors that a walk has left open. */
void lam_scan_rest(struct lam_scan *scan);

void lam_scan_stat(const struct lam_scan *scan, uint32_t node, struct stat *st);
const char *lam_scan_name(const struct lam_scan *scan, uint32_t node);
uint32_t lam_scan_parent(const struct lam_scan *scan, uint32_t node);
uint32_t lam_scan_depth(const struct lam_scan *scan, uint32_t node);
struct lam_scan_note *lam_scan_note(struct lam_scan *scan, uint32_t node);

/* The path below `top`, "" for itself; good until the next call with this scan. NULL: no memory. */
const char *lam_scan_path(struct lam_scan *scan, uint32_t node, uint32_t top, struct lam_err *err);

void lam_scan_free(struct lam_scan *scan);

#endif
