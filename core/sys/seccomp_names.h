/* seccomp_names.h - the table behind seccomp.c. */
#ifndef LAM_SYS_SECCOMP_NAMES_H
#define LAM_SYS_SECCOMP_NAMES_H

/* Allowed to everyone without a condition; NULL ends it. */
extern const char *const lam_seccomp_allowed[];

/* Allowed besides where CAP_SYS_ADMIN is granted. */
extern const char *const lam_seccomp_admin[];

#endif
