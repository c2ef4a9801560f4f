// The system's way to wait for many descriptors at once: epoll, kqueue, or the epoll for Windows that libzmq brings. A
// descriptor is reported once and then no more until it is armed again, so one that nobody reads costs nothing, and
// one that is still readable when it is armed is reported again: no wake-up can be lost.
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
  /** Has `key`, which is above 0, reported when the descriptor is readable. Answers 0 or -errno. From any thread. */
  int arm(Descriptor descriptor, int32_t key);
  /** Before the descriptor is closed. From any thread. */
  void remove(Descriptor descriptor);
  /** Waits for as long as it takes. How many keys it wrote; 0 once `interrupt` was called. */
  size_t wait(int32_t* keys, size_t capacity);
  /** Ends this wait and all later ones. From any thread. */
  void interrupt();

 private:
#ifdef _WIN32
  void* set_ = nullptr;
#else
  int set_ = -1;
#endif
  /** Readable once interrupted. */
  Descriptor end_;
  bool ok_ = false;
};

}  // namespace zmq_native
