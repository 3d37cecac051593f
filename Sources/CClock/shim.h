#pragma once
#include <sys/timex.h>

/// What the kernel says of its clock; `modes = 0` changes nothing. glibc's module leaves <sys/timex.h> out.
static inline int cclock_quality(long *max_error_microseconds) {
    struct timex state = {.modes = 0};
    int status = adjtimex(&state);
    *max_error_microseconds = state.maxerror;
    return status >= 0 && status != TIME_ERROR && !(state.status & STA_UNSYNC);
}
