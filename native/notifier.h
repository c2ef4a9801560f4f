// Calls JavaScript from any thread. There is one per environment. Threads that may outlive the environment hold it by
// shared_ptr; a notice after the end of the environment is ignored.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>

#include "napi_setup.h"
#include "thread_safe_function.h"

namespace zmq_native {

class Environment;
class PollThread;

class Notifier {
 public:
  explicit Notifier(Environment& environment);
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  /** Call first, on the environment's thread. False if Node-API fails. */
  static bool start(const std::shared_ptr<Notifier>& notifier);
  /**
   * Keeps the event loop alive until the next notice above 0, or `release`. Call both on the environment's thread.
   */
  void expect();
  void release();
  /** May be called from any thread. */
  void notify(int32_t notice);
  /** From now on, `pollThread` repeats calls that are not answered. */
  void repeatWith(std::shared_ptr<PollThread> pollThread);
  /** Ends with the environment. `release`: the thread continues to run. Call on the environment's thread. */
  void close(bool release);

 private:
  void keepAlive(napi_env env, bool on);
  static void call(napi_env env, napi_value callback, void* self, void* notice);

  Environment* environment_;
  const UnansweredCalls unanswered_;
  std::mutex mutex_;
  napi_threadsafe_function function_ = nullptr;
  std::shared_ptr<PollThread> pollThread_;
  int expected_ = 0;
};

}  // namespace zmq_native
