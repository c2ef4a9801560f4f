// Wakes JavaScript when a socket may have become ready: by one libuv poll handle per socket on ZMQ_FD, or by the
// environment's PollThread where polls do not work. Thread-safe socket types have no ZMQ_FD; a zmq_poller replaces it
// and must be drained. Used on the environment's thread.
//
// Once a socket is bound or connected, wake-ups are processed here even if no operation is pending: libzmq handles
// peers that connect and disconnect only when the socket is used. Otherwise a publisher that sends nothing would keep
// the pipe of every former peer, and connections that were disconnected.
//
// ZMQ_FD signals pending commands, never readability. After a wake-up both directions are tried, since any libzmq call
// in between may have consumed the wake-up of the other direction. lib/core/readiness.ts implements that.
#pragma once

#include <cstdint>

#include "descriptor.h"

struct uv_poll_s;

namespace zmq_native {

class Environment;
class PollThread;
class Wakeups;

class Readiness {
 public:
  Readiness(Environment& environment, void* socket) : environment_(environment), socket_(socket) {}
  ~Readiness() { close(); }
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;

  /** Sets the handle with which wake-ups are reported. Call first. */
  void reportAs(int32_t handle) { handle_ = handle; }
  int32_t handle() const { return handle_; }

  /** From now on, wake-ups are processed while the socket is not held. If watching fails, `hold` reports the error. */
  void attend();
  /** Stops processing wake-ups, since another thread uses the socket. */
  void ignore() { attentive_ = false; }

  /**
   * While held, the socket's wake-ups are reported, and keep the process alive if `alive`. Returns 0 or -errno. Returns
   * 1 if the socket must be tried once more: it may have become ready before it was watched, or a wake-up was processed
   * while it was not held.
   */
  int hold(bool alive);
  void release();
  void close();

  /**
   * Called when the descriptor is readable. True if the wake-up has to be reported; otherwise it has been processed.
   */
  bool awaited();
  /**
   * Called by the PollThread when the descriptor is readable; it then no longer watches it. May close the socket.
   */
  void woken();
  /** Called when that wake-up has been processed. */
  void rearm();

 private:
  friend class Wakeups;
  /** Each returns 0 or -errno. */
  int open();
  int openPoll();
  int openPoller();
  int arm();
  void keepAlive(bool on);
  /** Clears the signal of the poller's descriptor, if there is one. Otherwise it would wake the event loop forever. */
  void drain();
  /** Makes libzmq process its commands when no operation in JavaScript will do so. */
  void takeIn();

  Environment& environment_;
  void* socket_;
  Descriptor descriptor_{};
  /** One of these two is used, once the socket is open. */
  uv_poll_s* poll_ = nullptr;
  PollThread* pollThread_ = nullptr;
  /** The zmq_poller of a thread-safe socket. */
  void* poller_ = nullptr;
  int32_t handle_ = 0;
  /** The place in the queue of the environment's Wakeups, while `queued_`. */
  Readiness* previousReady_ = nullptr;
  Readiness* nextReady_ = nullptr;
  bool queued_ = false;
  bool armed_ = false;
  bool held_ = false;
  bool attentive_ = false;
  /** Whether a wake-up may have been processed without JavaScript since the last `hold`. */
  bool unheard_ = false;
  bool alive_ = false;
};

}  // namespace zmq_native
