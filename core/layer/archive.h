/* archive.h - libarchive, loaded when the first archive is read: it brings ten more libraries.
 *
 * It is a parser here and nothing else: no filter of its own on tars, nothing written to disk by
 * it, owners by number. A row in the table is a function we may call. */
#ifndef LAM_LAYER_ARCHIVE_H
#define LAM_LAYER_ARCHIVE_H

#include <archive.h>
#include <archive_entry.h>

#include "base/err.h"

#define LAM_ARCHIVE_FUNCTIONS(X)                                                                   \
	X(archive_read_new)                                                                        \
	X(archive_read_free)                                                                       \
	X(archive_read_open2)                                                                      \
	X(archive_read_support_format_tar)                                                         \
	X(archive_read_support_format_raw)                                                         \
	X(archive_read_append_filter)                                                              \
	X(archive_read_next_header)                                                                \
	X(archive_read_data_block)                                                                 \
	X(archive_read_data)                                                                       \
	X(archive_error_string)                                                                    \
	X(archive_entry_pathname)                                                                  \
	X(archive_entry_hardlink)                                                                  \
	X(archive_entry_symlink)                                                                   \
	X(archive_entry_filetype)                                                                  \
	X(archive_entry_perm)                                                                      \
	X(archive_entry_uid)                                                                       \
	X(archive_entry_gid)                                                                       \
	X(archive_entry_size)                                                                      \
	X(archive_entry_size_is_set)                                                               \
	X(archive_entry_mtime)                                                                     \
	X(archive_entry_rdevmajor)                                                                 \
	X(archive_entry_rdevminor)                                                                 \
	X(archive_entry_xattr_reset)                                                               \
	X(archive_entry_xattr_next)

struct lam_archive {
#define LAM_MEMBER(name) __typeof__(name) *name;
	LAM_ARCHIVE_FUNCTIONS(LAM_MEMBER)
#undef LAM_MEMBER
};

/* The table, loaded once a process; NULL with err filled when the library isn't there. */
const struct lam_archive *lam_archive(struct lam_err *err);

/* What went wrong last, never NULL. */
const char *lam_archive_error(const struct lam_archive *api, struct archive *archive);

#endif
