// Wakes JavaScript when a socket may have become ready: one libuv poll handle per socket on ZMQ_FD. The thread-safe
// socket types have no such descriptor; theirs is a zmq_poller's, which has to be drained. Used on the environment's
// thread. libuv is bound at run time, so the addon also loads where its symbols are absent.
//
// ZMQ_FD says "commands are pending", never "readable": after a wake both directions are tried, and any libzmq call
// in between may have taken the wake-up of the other direction. Answering that is lib/readiness.ts's part.
#pragma once

#include <cstdint>

struct uv_poll_s;

namespace zmq_native {

class Environment;

class Readiness {
 public:
  Readiness(Environment& environment, void* socket) : environment_(environment), socket_(socket) {}
  ~Readiness() { close(); }
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;

  /**
   * While held, the socket's wake-ups are reported under `handle`, and keep the process alive if `alive`. Once armed,
   * the poll stays armed: it is stopped only by the first wake-up that nobody holds. Answers 0, 1 when the socket has
   * to be tried once more, since it may have become ready before it was watched, or -errno.
   */
  int hold(int32_t handle, bool alive);
  void release();
  void close();

 private:
  int open();
  void keepAlive(bool on);
  /** Makes `poller_` and answers 0 or -errno. */
  int watchThreadSafe();
  static void onPoll(uv_poll_s* poll, int status, int events);

  Environment& environment_;
  void* socket_;
  uv_poll_s* poll_ = nullptr;
  void* poller_ = nullptr;
  int32_t handle_ = 0;
  bool armed_ = false;
  bool held_ = false;
  bool alive_ = false;
};

}  // namespace zmq_native
