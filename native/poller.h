// Waits for many descriptors with epoll, kqueue, or the epoll for Windows that libzmq bundles. A descriptor is reported
// once, then not again until it is armed. A descriptor that is still readable when it is armed is reported again, so no
// wake-up is lost.
#pragma once

#include <cstddef>
#include <cstdint>

#include "descriptor.h"

namespace zmq_native {

class Poller {
 public:
  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  bool ok() const { return ok_; }
  /** Reports `key`, which must be above 0, once when the descriptor is readable. Returns 0 or -errno. Any thread. */
  int arm(Descriptor descriptor, int32_t key);
  /** Removes a descriptor. Call before it is closed. Any thread. */
  void remove(Descriptor descriptor);
  /**
   * Waits up to `timeout` milliseconds, without a limit if it is -1. Returns the number of keys that it wrote, 0 after
   * the timeout or `interrupt`, and -1 if the system fails.
   */
  int wait(int32_t* keys, size_t capacity, int timeout);
  /** Ends the current wait, or the next one if there is none. Any thread. */
  void interrupt();

 private:
#if defined(_WIN32) || defined(__linux__)
  void endInterruption();
#endif
#ifdef _WIN32
  void* set_ = nullptr;
#else
  int set_ = -1;
#endif
  /** A descriptor that is readable between `interrupt` and the end of the wait. */
  Descriptor interruption_;
  bool ok_ = false;
};

}  // namespace zmq_native
