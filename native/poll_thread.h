// Waits for sockets where libuv's polls do not work (see lib/runtime/features.ts). One thread per environment calls
// JavaScript through a thread-safe function. A wake-up takes about 20 µs longer than with libuv.
//
// Deno sometimes does not notice a call of a thread-safe function before something else wakes its event loop: in one of
// 300 runs of test/smoke on a busy machine. The thread therefore calls again while a call is unanswered.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>

#include "napi_setup.h"
#include "poller.h"
#include "thread_safe_function.h"

namespace zmq_native {

class Environment;

class PollThread {
 public:
  /** Null if no thread can be created. Call this and the following on the environment's thread. */
  static std::shared_ptr<PollThread> start(Environment& environment);
  ~PollThread();
  PollThread(const PollThread&) = delete;
  PollThread& operator=(const PollThread&) = delete;

  /**
   * Calls the socket of `handle` once when the descriptor is readable; then the descriptor must be armed again. Returns
   * 0 or -errno.
   */
  int arm(Descriptor descriptor, int32_t handle) { return poller_.arm(descriptor, handle); }
  void remove(Descriptor descriptor) { poller_.remove(descriptor); }
  /** Whether a pending operation keeps the process alive. */
  void keepAlive(bool on);
  /** The notifier calls, too. Makes the thread repeat that call if it is not answered. Any thread. */
  void attend() {
    attends_ = true;
    poller_.interrupt();
  }
  /** Ends with the environment: nothing is reported any more. `release`: its thread continues to run. */
  void stop(bool release);

 private:
  explicit PollThread(Environment& environment);
  void run();
  /** Call with the mutex locked. */
  void callFunction(int32_t handle);
  static void call(napi_env env, napi_value callback, void* self, void* handle);

  Environment* environment_;
  Poller poller_;
  std::mutex mutex_;
  napi_threadsafe_function function_ = nullptr;
  int wanted_ = 0;
  const UnansweredCalls unanswered_;
  /** Tells an interruption from a timeout: a clock cannot, since Windows ends a wait up to 16 ms early. */
  std::atomic<bool> attends_{false};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace zmq_native
