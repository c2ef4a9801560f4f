// Reports the sockets that the event loop has found readable: all those of one poll by one call of JavaScript. A call
// takes about 2 µs, with the microtasks that follow it. Used on the environment's thread.
#pragma once

#include <cstdint>

struct uv_check_s;

namespace zmq_native {

class Environment;
class Readiness;

class Wakeups {
 public:
  explicit Wakeups(Environment& environment) : environment_(environment) {}
  Wakeups(const Wakeups&) = delete;
  Wakeups& operator=(const Wakeups&) = delete;

  /** Must be called before `add`. Returns 0 or -errno. */
  int start();
  /** Reports the socket after all polls of this turn of the event loop. Does not allocate. */
  void add(Readiness& socket);
  /** Drops a report that has been added. */
  void remove(Readiness& socket);
  void close();

 private:
  void report();

  Environment& environment_;
  /** Runs after the polls of each turn. */
  uv_check_s* check_ = nullptr;
  Readiness* first_ = nullptr;
  Readiness* last_ = nullptr;
};

}  // namespace zmq_native
