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
  /** Waits without a limit. Returns the number of keys that it wrote, or 0 after `interrupt`. */
  size_t wait(int32_t* keys, size_t capacity);
  /** Ends the current wait and all later ones. Any thread. */
  void interrupt();

 private:
#ifdef _WIN32
  void* set_ = nullptr;
#else
  int set_ = -1;
#endif
  /** A descriptor that becomes readable after `interrupt`. */
  Descriptor end_;
  bool ok_ = false;
};

}  // namespace zmq_native
