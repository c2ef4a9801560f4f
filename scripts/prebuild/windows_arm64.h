// Included first in each C++ file of win32-arm64. libzmq's clock (src/clock.cpp) reads CLOCK_MONOTONIC where it does not
// know how to read the processor's counter, and mingw-w64's headers have no such clock.
#pragma once
#include <time.h>
#include <chrono>

#define CLOCK_MONOTONIC 1

inline int clock_gettime(int, timespec* now) {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(since).count();
  now->tv_sec = nanoseconds / 1'000'000'000;
  now->tv_nsec = nanoseconds % 1'000'000'000;
  return 0;
}
