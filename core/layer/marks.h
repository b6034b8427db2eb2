/* marks.h - how a layer directory on disk says what a file system of ours can't say itself.
 *
 * Overlay form: a deleted name is a character device 0:0, a directory that hides what lies below
 * carries the xattr `overlay.opaque` = "y" (in trusted., or in user. where the mount has
 * userxattr). Overlay's other xattrs are private to the kernel: they never enter a tar and are
 * never taken from one.
 *
 * An ordinary user can't make device nodes or trusted xattrs. They are kept as
 * `user.lamina.device` = "c:1:3:UID:GID:MODE" on an empty file and `user.lamina.xattr.NAME`, so
 * that the layer's tar can be made again to the byte. They are believed only on files that nobody
 * but the user who packs (root, in the namespaces of a store) may write to: in a step every user
 * can set user xattrs where it may write, and would else give himself a device or a file
 * capability. A node's own mode is in its mark, since /dev/null is everybody's to write. */
#ifndef LAM_LAYER_MARKS_H
#define LAM_LAYER_MARKS_H

#include <stddef.h>
#include <sys/stat.h>

#include "base/err.h"

enum { LAM_MARK_DEVICE_MAX = 64 }; /* bytes of its value, and a NUL */

#define LAM_MARK_DEVICE "user.lamina.device"
#define LAM_MARK_XATTR "user.lamina.xattr."
#define LAM_WHITEOUT_PREFIX ".wh."
#define LAM_WHITEOUT_OPAQUE ".wh..wh..opq"
#define LAM_WHITEOUT_AUFS ".wh..wh."

/* The xattr's name in this kind of overlay. */
const char *lam_mark_opaque(int userxattr);

int lam_mark_is_whiteout(const struct stat *st);

/* Whether an xattr of a tar may be set, or one of a directory may be written into a tar. */
int lam_mark_xattr_travels(const char *name);

/* Whether it is one of the two that keep what couldn't be made. */
int lam_mark_is_own(const char *name);

/* Whether marks on a file are ours, and nobody else's. */
int lam_mark_is_believed(const struct stat *st);

/* The node that a file stands for. The file itself stays ours and closed to others, so that its
 * mark is believed: the node's owner and mode are in the mark. */
struct lam_mark_device {
	int is_block;
	unsigned major, minor;
	uid_t uid;
	gid_t gid;
	mode_t mode; /* 07777 */
};

/* The mode of the file that stands for a node of this mode. */
mode_t lam_mark_closed(mode_t mode);

/* The mode of the node that a file of this mode stands for: another than it was made with is
 * what somebody has changed it to. */
mode_t lam_mark_device_mode(const struct lam_mark_device *device, mode_t file);

/* Marks an open file, which should be empty. */
int lam_mark_device_put(int fd, const struct lam_mark_device *device, struct lam_err *err);

/* Reads the xattr's value; 0 where it is none. */
int lam_mark_device_parse(const char *text, struct lam_mark_device *device);

/* Reads an open file's mark, whoever owns the file; 0 where there is none. */
int lam_mark_device_get(int fd, struct lam_mark_device *device);

/* Whether the directory carries the opaque mark: of that kind of overlay, or with -1 of either. */
int lam_mark_is_opaque(int dir, int userxattr);

#endif
