// Calls JavaScript from any thread. One per environment; threads that may outlive the environment hold it by
// shared_ptr, and a notice after the end goes nowhere.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>

#include "napi_setup.h"

namespace zmq_native {

class Environment;

class Notifier {
 public:
  explicit Notifier(Environment& environment) : environment_(&environment) {}
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  /** On the environment's thread, before anything else. False when Node-API fails. */
  static bool start(const std::shared_ptr<Notifier>& notifier);
  /** Keeps the event loop alive until the notice that somebody waits for has come. On the environment's thread. */
  void expect();
  /** From any thread. */
  void notify(int32_t notice);
  /** The environment ends. `release`: the thread goes on without it. On its thread. */
  void close(bool release);

 private:
  static void call(napi_env env, napi_value callback, void* self, void* notice);

  Environment* environment_;
  std::mutex mutex_;
  napi_threadsafe_function function_ = nullptr;
  int expected_ = 0;
};

}  // namespace zmq_native
