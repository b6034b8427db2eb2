/* marks.h - how a layer directory on disk says what a file system of ours can't say itself.
 *
 * Overlay form: a deleted name is a character device 0:0, a directory that hides what lies below
 * carries the xattr `overlay.opaque` = "y" (in trusted., or in user. where the mount has
 * userxattr). Overlay's other xattrs are private to the kernel: they never enter a tar and are
 * never taken from one.
 *
 * An ordinary user can't make device nodes or trusted xattrs. They are kept as
 * `user.lamina.device` = "c:1:3:UID:GID" on an empty file and `user.lamina.xattr.NAME`, so that
 * the layer's tar can be made again to the byte. They are believed only on files of the user who
 * packs (root, in the namespaces of a store): in a step every user can set user xattrs on files
 * of its own, and would else give himself a device or a file capability. */
#ifndef LAM_LAYER_MARKS_H
#define LAM_LAYER_MARKS_H

#include <stddef.h>
#include <sys/stat.h>

#include "base/err.h"

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

/* Whether the directory carries the opaque mark: of that kind of overlay, or with -1 of either. */
int lam_mark_is_opaque(int dir, int userxattr);

#endif
