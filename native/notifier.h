// Calls JavaScript from any thread. One per environment, made with it; threads that may outlive the environment hold
// it by shared_ptr, and a notice after the end goes nowhere.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>

#include "napi_setup.h"

namespace zmq_native {

class Notifier {
 public:
  explicit Notifier(napi_env env) : env_(env) {}
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  /** Sets the function that is called with the number of each notice. On the environment's thread, once. */
  void onNotice(napi_value callback);
  /** Keeps the event loop alive until the notice that somebody waits for has come. On the environment's thread. */
  void expect();
  /** From any thread. */
  void notify(int32_t notice);
  /** The environment ends. On its thread. */
  void close();

 private:
  static void call(napi_env env, napi_value callback, void* self, void* notice);

  napi_env env_;
  std::mutex mutex_;
  napi_threadsafe_function function_ = nullptr;
  int expected_ = 0;
};

}  // namespace zmq_native
