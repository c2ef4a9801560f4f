// Waits for sockets where libuv's polls do not work (see lib/runtime/features.ts). One thread per environment calls
// JavaScript through a thread-safe function. A wake-up takes about 20 µs longer than with libuv.
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
  /** Null if no thread can be created. Call this and the following on the environment's thread. */
  static std::shared_ptr<Waiter> start(Environment& environment);
  ~Waiter();
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  /**
   * Calls the socket of `handle` once when the descriptor is readable; then the descriptor must be armed again. Returns
   * 0 or -errno.
   */
  int arm(Descriptor descriptor, int32_t handle) { return poller_.arm(descriptor, handle); }
  void remove(Descriptor descriptor) { poller_.remove(descriptor); }
  /** Whether a pending operation keeps the process alive. */
  void keepAlive(bool on);
  /** Ends with the environment: nothing is reported any more. `release`: its thread continues to run. */
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
