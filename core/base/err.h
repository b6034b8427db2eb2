/* err.h - how a failure travels up through the C floors.
 *
 * A function that can fail takes a `struct lam_err *` as its last parameter and
 * fills it exactly when it returns -1 (or NULL). The struct owns no memory: it
 * lives on the caller's stack, can be copied, and a child that is still setting
 * up its namespaces writes it whole into the pipe its parent reads. */
#ifndef LAM_BASE_ERR_H
#define LAM_BASE_ERR_H

struct lam_err {
	int num;        /* errno value, or 0 when no system call is to blame */
	char text[500]; /* outermost step first: "commit: open /x: Permission denied" */
};

#define LAM_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* Sets the failure; where num is not 0, ": " and its strerror text follow the
 * formatted step (not that of EBADMSG: what is wrong with bytes the step says itself). Returns -1,
 * so that a failing branch is one line. */
int lam_err_set(struct lam_err *err, int num, const char *fmt, ...) LAM_PRINTF(3, 4);

/* Puts the step that was under way in front of what is there. Returns -1. */
int lam_err_wrap(struct lam_err *err, const char *fmt, ...) LAM_PRINTF(2, 3);

#endif
