// libzmq contexts of the whole process. Several environments may share one, so that inproc:// connects worker threads.
// Every function may be called from any thread.
#pragma once

#include <cstdint>
#include <functional>

namespace zmq_native {

class Environment;

/**
 * A context is identified by its token, a small integer. Each environment holds at most one reference to it. The last
 * release terminates it on a separate thread, since zmq_ctx_term waits until queued messages are sent.
 */
class Context {
 public:
  /** The libzmq context. Null if the environment holds no reference to one with this token. */
  static void* get(const Environment& environment, int32_t token);
  /**
   * Releases a reference. `ended`, if any, is called on some thread when the context has terminated. False if others
   * still hold a reference: `ended` is then not called.
   */
  static bool release(int32_t token, std::function<void()> ended = nullptr);

  static void environmentOpened();
  /**
   * The last environment waits here until every context has terminated. Prints a notice to stderr after half a second.
   */
  static void environmentClosed();
};

}  // namespace zmq_native
