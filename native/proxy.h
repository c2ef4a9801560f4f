// A proxy: a thread of its own that passes messages between two sockets. libzmq's own proxy waits for ever on a full
// capture socket, spins while it is paused, and hides its sockets from the thread that opened them; this one does not.
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
 * The thread takes commands from, and reports to, a PAIR socket of TypeScript (lib/proxy.ts): one message each.
 *
 *   from it: "PAUSE", "RESUME", "STATISTICS", "TERMINATE"; an empty one only wakes it
 *   to it:   the statistics, as Counters; at the end an int32, 0 or the errno that ended it
 *
 * While it runs, its sockets may be used by others only under `mutex()`.
 */
class Proxy {
 public:
  /** In messages and bytes, as frames come and go. */
  struct Counters {
    uint64_t frontReceived[2];
    uint64_t frontSent[2];
    uint64_t backReceived[2];
    uint64_t backSent[2];
    uint64_t captureDropped;
  };

  /** A frame that lies outside libzmq, and whether others of its message follow. */
  struct Frame {
    Message content;
    bool more = false;
  };
  using Frames = std::deque<Frame>;

  /**
   * `capture` may be null; `back` may be `front`. Connects to `control` by its inproc endpoint, and starts. Null, with
   * errno set, when that fails. `frontAhead` and `backAhead`: whole messages that were received from the sockets
   * before.
   */
  static std::unique_ptr<Proxy> start(Socket& front, Socket& back, Socket* capture, Socket& control, void* context,
                                      const char* endpoint, Frames frontAhead, Frames backAhead);
  /** Ends the thread and waits for it; it never blocks for longer than it takes to pass on a few messages. */
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  std::mutex& mutex() { return mutex_; }

 private:
  class Lane;

  Proxy(Socket& front, Socket& back, Socket* capture, Socket& control, void* ours, Frames frontAhead, Frames backAhead);
  /** Starts the thread, which has the sockets from then on. Throws std::system_error. */
  void begin();
  void run();
  /** Passes messages on until the end; answers the errno that ended it, or 0. */
  int pass();
  void report(const void* data, size_t size);
  /** Takes all commands that are there; false when the proxy is to end. */
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
