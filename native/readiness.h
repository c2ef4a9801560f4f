// Wakes JavaScript when a socket may have become ready: one libuv poll handle per socket on ZMQ_FD, or the
// environment's waiter where polls do not work. The thread-safe socket types have no such descriptor; theirs is a
// zmq_poller's, which has to be drained. Used on the environment's thread.
//
// ZMQ_FD says "commands are pending", never "readable": after a wake both directions are tried, and any libzmq call
// in between may have taken the wake-up of the other direction. Answering that is lib/readiness.ts's part.
#pragma once

#include <cstdint>

#include "descriptor.h"

struct uv_poll_s;

namespace zmq_native {

class Environment;
class Waiter;

class Readiness {
 public:
  Readiness(Environment& environment, void* socket) : environment_(environment), socket_(socket) {}
  ~Readiness() { close(); }
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;

  /**
   * While held, the socket's wake-ups are reported under `handle`, and keep the process alive if `alive`. Once armed,
   * it stays armed: until the first wake-up that nobody holds. Answers 0, 1 when the socket has to be tried once more,
   * since it may have become ready before it was watched, or -errno.
   */
  int hold(int32_t handle, bool alive);
  void release();
  void close();

  /** The descriptor is readable, says the waiter, which then looks at it no more. May end with the socket closed. */
  void woken();
  /** The same wake-up has been dealt with. */
  void rearm();

 private:
  /** Each answers 0 or -errno. */
  int open();
  int openPoll();
  int openPoller();
  int arm();
  void keepAlive(bool on);
  void report();

  Environment& environment_;
  void* socket_;
  Descriptor descriptor_{};
  /** One of these two, once open. */
  uv_poll_s* poll_ = nullptr;
  Waiter* waiter_ = nullptr;
  /** Of a thread-safe socket. */
  void* poller_ = nullptr;
  int32_t handle_ = 0;
  bool armed_ = false;
  bool held_ = false;
  bool alive_ = false;
};

}  // namespace zmq_native
