// Tells JavaScript that a socket's connections have changed. libzmq's I/O threads call it.
#pragma once

#include <cstdint>
#include <memory>

namespace zmq_native {

class Notifier;

class PeerWatch {
 public:
  PeerWatch(std::shared_ptr<Notifier> notifier, int32_t handle) : notifier_(std::move(notifier)), handle_(handle) {}

  /** For zmq::connections_t::watch. `watch` is a PeerWatch. May be called on any thread. */
  static void notify(void* watch);

 private:
  std::shared_ptr<Notifier> notifier_;
  int32_t handle_;
};

}  // namespace zmq_native
