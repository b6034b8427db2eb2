/* vfork.h - a child that borrows its parent's memory until it executes a program: clone(2) with
 * CLONE_VM and CLONE_VFORK. Copying the page tables of a build costs more than the namespaces. */
#ifndef LAM_SYS_VFORK_H
#define LAM_SYS_VFORK_H

#include <sys/types.h>

/* Runs run(data) in a child in new namespaces (CLONE_NEW* flags), on a stack of its own of 256 KiB.
 * Returns the child's pid and a descriptor for it once the child has executed a program or ended,
 * or -1 and errno. `run` doesn't return: it executes or calls _exit. What it writes to memory, the
 * caller finds there; so it allocates nothing and touches nothing of what other threads use. It
 * starts with every signal blocked: a handler would run on the caller's data. It may not set ids
 * by glibc's functions, which would look for all threads of the caller. */
pid_t lam_vfork(int namespaces, int (*run)(void *data), void *data, int *pidfd);

#endif
