// Waits for sockets where libuv's polls do not work (lib/runtime/features.ts says where): one thread per environment,
// which calls JavaScript through a thread-safe function. A wake-up takes some 20 µs longer than by libuv.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>

#include "napi_setup.h"
#include "poller.h"

namespace zmq_native {

class Environment;

class Waiter {
 public:
  /** Null when the system has no room for it. On the environment's thread, as all that follows. */
  static std::shared_ptr<Waiter> start(Environment& environment);
  ~Waiter();
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  /**
   * Once the descriptor is readable, the socket behind `handle` is told, and the descriptor is not looked at until it
   * is armed again. Answers 0 or -errno.
   */
  int arm(Descriptor descriptor, int32_t handle) { return poller_.arm(descriptor, handle); }
  void remove(Descriptor descriptor) { poller_.remove(descriptor); }
  /** The process lives as long as somebody wants it to. */
  void keepAlive(bool on);
  /** The environment ends: nothing is reported from here on. `release`: its thread goes on. */
  void stop(bool release);

 private:
  explicit Waiter(Environment& environment) : environment_(&environment) {}
  void run();
  static void call(napi_env env, napi_value callback, void* self, void* handle);

  Environment* environment_;
  Poller poller_;
  std::mutex mutex_;
  napi_threadsafe_function function_ = nullptr;
  int wanted_ = 0;
  std::thread thread_;
};

}  // namespace zmq_native
