// Wakes JavaScript when a socket may have become ready: one libuv poll handle per socket on ZMQ_FD, or the
// environment's waiter where polls do not work. The thread-safe socket types have no such descriptor; theirs is a
// zmq_poller's, which has to be drained. Used on the environment's thread.
//
// Once a socket is bound or connected, wake-ups that nobody in JavaScript waits for are taken in here: libzmq does on a
// socket's own thread what its peers' coming and going asks of it, when the socket is used. Of one that is not used, a
// publisher with nothing to say, each peer that came and went would leave its pipe, and a connection that was
// disconnected would stay.
//
// ZMQ_FD says "commands are pending", never "readable": after a wake both directions are tried, and any libzmq call
// in between may have taken the wake-up of the other direction. Answering that is lib/core/readiness.ts's part.
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

  /** Under which handle wake-ups are reported; before anything else. */
  void reportAs(int32_t handle) { handle_ = handle; }

  /** From now on wake-ups that nobody holds are taken in. Where they cannot be watched, whoever holds will be told. */
  void attend();
  /** No longer: another thread uses the socket. */
  void ignore() { attentive_ = false; }

  /**
   * While held, the socket's wake-ups are reported, and keep the process alive if `alive`. Answers 0, 1 when the socket
   * has to be tried once more, since it may have become ready before it was watched, or a wake-up that nobody held was
   * taken in, or -errno.
   */
  int hold(bool alive);
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
  /** Takes the signal off the poller's descriptor, if there is one; undrained it would wake the loop for ever. */
  void drain();
  void report();
  /** Has libzmq do what its commands ask for, in the place of somebody who hears of the wake-up. */
  void takeIn();

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
  bool attentive_ = false;
  /** There may have been news that nobody in JavaScript heard of, since the last `hold`. */
  bool unheard_ = false;
  bool alive_ = false;
};

}  // namespace zmq_native
