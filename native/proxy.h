// A proxy: a thread that forwards messages between two sockets. libzmq's own proxy blocks on a full capture socket,
// spins while it is paused, and makes its sockets unusable for the thread that opened them. This one does not.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

#include "message.h"

namespace zmq_native {

class Socket;

/**
 * The thread exchanges messages with a PAIR socket of lib/proxy.ts:
 *
 *   commands to the thread: "PAUSE", "RESUME", "STATISTICS", "TERMINATE"; an empty one only wakes it
 *   reports from the thread: the statistics, as Counters; at the end an int32, 0 or the errno that ended it
 *
 * While it runs, other threads may use its sockets only under `mutex()`.
 */
class Proxy {
 public:
  /** Counts messages and bytes, frame by frame. */
  struct Counters {
    uint64_t frontReceived[2];
    uint64_t frontSent[2];
    uint64_t backReceived[2];
    uint64_t backSent[2];
    uint64_t captureDropped;
  };

  /** A frame outside of libzmq, and whether more frames of its message follow. */
  struct Frame {
    Message content;
    bool more = false;
  };
  using Frames = std::deque<Frame>;

  /**
   * Connects to the control socket's inproc endpoint and starts. `capture` may be null; `back` may be `front`.
   * `frontAhead` and `backAhead` are complete messages that were received from the sockets before. Returns null and
   * sets errno if it fails.
   */
  static std::unique_ptr<Proxy> start(Socket& front, Socket& back, Socket* capture, Socket& control, void* context,
                                      const char* endpoint, Frames frontAhead, Frames backAhead);
  /** Ends the thread and waits for it, which takes no longer than forwarding a few messages. */
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  std::mutex& mutex() { return mutex_; }

 private:
  class Lane;

  Proxy(Socket& front, Socket& back, Socket* capture, Socket& control, void* ours, Frames frontAhead, Frames backAhead);
  /** Starts the thread, which uses the sockets from then on. Throws std::system_error. */
  void begin();
  void run();
  /** Forwards messages until the end. Returns the errno that ended it, or 0. */
  int pass();
  void report(const void* data, size_t size);
  /** Executes all commands that have arrived. False if the proxy must end. */
  bool obey();

  std::mutex mutex_;
  Socket* const lent_[4];
  void* const front_;
  void* const back_;
  void* const capture_;
  void* const control_;
  Frames frontAhead_;
  Frames backAhead_;
  Counters counters_{};
  bool paused_ = false;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace zmq_native
