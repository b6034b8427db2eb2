/* clock.h - a clock that nobody sets, to measure how long something takes. */
#ifndef LAM_BASE_CLOCK_H
#define LAM_BASE_CLOCK_H

#include <time.h>

static inline time_t lam_clock_seconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

#endif
