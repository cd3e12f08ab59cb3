// The wall clock, shifted. Monotonic clocks stay as they are: nothing steps those.
#define _GNU_SOURCE
#include "shim.h"
#include <sys/time.h>
#include <time.h>

#define SECOND_NS 1000000000LL

static void shift(struct timespec *time) {
  int64_t offset = STEERED(clock_offset_ns);
  if (offset == 0) return;
  int64_t seconds = offset / SECOND_NS;
  int64_t rest = time->tv_nsec + offset % SECOND_NS;
  if (rest < 0) {
    rest += SECOND_NS;
    seconds -= 1;
  } else if (rest >= SECOND_NS) {
    rest -= SECOND_NS;
    seconds += 1;
  }
  time->tv_sec += seconds;
  time->tv_nsec = rest;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
  int result = REAL(clock_gettime)(clock, time);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) shift(time);
  return result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
  int result = REAL(gettimeofday)(time, zone);
  if (result != 0) return result;
  struct timespec exact = {time->tv_sec, time->tv_usec * 1000};
  shift(&exact);
  *time = (struct timeval){exact.tv_sec, exact.tv_nsec / 1000};
  return 0;
}

time_t time(time_t *told) {
  struct timespec now;
  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return (time_t)-1;
  if (told != NULL) *told = now.tv_sec;
  return now.tv_sec;
}
