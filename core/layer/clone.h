/* clone.h - one entry of a directory made again in another directory: content and attributes.
 *
 * Names are single path elements and never followed; what is opened is what was looked at. Marks
 * (marks.h) go along only from files that they are believed on: a copy may get an owner on whom
 * they would be. */
#ifndef LAM_LAYER_CLONE_H
#define LAM_LAYER_CLONE_H

#include <stdint.h>
#include <sys/stat.h>

#include "base/err.h"

/* What the copies' attributes are where they aren't the source's. */
struct lam_clone {
	int64_t uid, gid;  /* -1: as the source's */
	int reset_owner;   /* 0:0 where uid and gid don't say otherwise */
	int is_foreign;    /* the source was never a layer of ours: marks in it mean nothing */
	const char *chmod; /* as lam_mode_change takes it; NULL: as the source's. Not for links */
	int powerless;     /* no devices and stand-ins, no set-id files, no xattrs but "user." */
	uint64_t bytes;    /* of content, added up */
	uint64_t left_out; /* devices */
};

/* The owner that a copy of `st` gets. */
uid_t lam_clone_uid(const struct lam_clone *c, const struct stat *st);
gid_t lam_clone_gid(const struct lam_clone *c, const struct stat *st);

/* The mode that a copy of `st` gets. */
int lam_clone_mode(const struct lam_clone *c, const struct stat *st, mode_t *mode,
		   struct lam_err *err);

/* Whether nothing is made of `name` in `from` (of this stat): sockets, and what `powerless` says.
 */
int lam_clone_leaves_out(const struct lam_clone *c, int from, const char *name,
			 const struct stat *st);

/* Copies a file, link, FIFO or device (st is of `name` in `from`) to the new name `as` in `to`,
 * which must not be there: EEXIST. A device that this user may not make becomes a stand-in
 * (marks.h). */
int lam_clone_entry(struct lam_clone *c, int from, const char *name, const struct stat *st, int to,
		    const char *as, struct lam_err *err);

/* Gives the directory `to` the owner, mode and xattrs of the directory `from`; not its times. Marks
 * that someone else's directory `to` has go. */
int lam_clone_dir(const struct lam_clone *c, int from, const struct stat *st, int to,
		  struct lam_err *err);

#endif
