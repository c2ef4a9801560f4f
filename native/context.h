// Contexts of libzmq, process-wide: several environments may share one, so that inproc:// joins worker threads.
// Every function may be called from any thread.
#pragma once

#include <cstdint>
#include <functional>

namespace zmq_native {

class Environment;

/**
 * A context is known by its token, a small integer. Each environment holds at most one reference to it; the last
 * release terminates it on a thread of its own, since zmq_ctx_term waits for what sockets still have to send.
 */
class Context {
 public:
  /** The libzmq context, or null when the environment holds none by this token. */
  static void* get(const Environment& environment, int32_t token);
  /**
   * Gives a reference back. `ended`, if any, is called on some thread once the context has terminated. False when
   * others hold it still, and `ended` will not be called.
   */
  static bool release(int32_t token, std::function<void()> ended = nullptr);

  static void environmentOpened();
  /**
   * The last environment waits here until every context has terminated, and says so on stderr when that takes
   * longer than half a second.
   */
  static void environmentClosed();
};

}  // namespace zmq_native
