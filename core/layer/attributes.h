/* attributes.h - an entry's owner, mode, xattrs and times, put on what was made for it. */
#ifndef LAM_LAYER_ATTRIBUTES_H
#define LAM_LAYER_ATTRIBUTES_H

#include <time.h>

#include "layer/place.h"

enum {
	LAM_ATTRIBUTES_PATH = 1, /* the descriptor is O_PATH */
	LAM_ATTRIBUTES_LINK = 2, /* of a symbolic link, which has no mode */
	LAM_ATTRIBUTES_STAND_IN =
	    4, /* of a file that stands for a node: its owner is ours, its mode closed */
};

/* Whole seconds. */
struct timespec lam_attributes_time(const struct lam_placer *p, struct archive_entry *entry);

mode_t lam_attributes_mode(const struct lam_placer *p, struct archive_entry *entry);

/* The ids the entry asks for; fails where they are no ids or not ours to give. */
int lam_attributes_owner(const struct lam_placer *p, struct archive_entry *entry, uid_t *uid,
			 gid_t *gid, struct lam_err *err);

/* Owner, mode and xattrs, by the descriptor. */
int lam_attributes_set(const struct lam_placer *p, int fd, int flags, mode_t mode,
		       struct archive_entry *entry, struct lam_err *err);

int lam_attributes_set_time(int fd, int flags, struct timespec time, struct lam_err *err);

#endif
