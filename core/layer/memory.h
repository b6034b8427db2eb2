/* memory.h - what files held, remembered between builds.
 *
 *	struct lam_memory *memory = lam_memory_open(path, err);
 *	const unsigned char *body = lam_memory_find(memory, &st);  // or NULL
 *	lam_memory_add(memory, &st, body, err);
 *	lam_memory_save(memory, err);                              // only writes what is new
 *
 * A file is known by device, inode, size and both times: a change of content, xattrs, mode or
 * owner moves ctime. The file is a cache: a damaged one is as good as none, and what hasn't been
 * asked for in the last saves is forgotten. */
#ifndef LAM_LAYER_MEMORY_H
#define LAM_LAYER_MEMORY_H

#include <sys/stat.h>
#include <time.h>

#include "base/err.h"

enum { LAM_BODY = 32 }; /* bytes of a digest */

struct lam_memory;

/* NULL only when memory ran out. */
struct lam_memory *lam_memory_open(const char *path, struct lam_err *err);

/* The body of a file with this stat, from an earlier build. Valid until the memory is saved. */
const unsigned char *lam_memory_find(struct lam_memory *memory, const struct stat *st);

int lam_memory_add(struct lam_memory *memory, const struct stat *st,
		   const unsigned char body[LAM_BODY], struct lam_err *err);

/* Whether a file that was read at `now` may change once more without getting other times: its
 * times are as young as the clock is coarse. Such a file isn't to be remembered. */
int lam_memory_is_racy(const struct stat *st, const struct timespec *now);

/* Whether two stats are of the same file in the same state. */
int lam_memory_same(const struct stat *a, const struct stat *b);

/* Writes the file anew beside itself and renames it into place. */
int lam_memory_save(struct lam_memory *memory, struct lam_err *err);

void lam_memory_free(struct lam_memory *memory);

#endif
