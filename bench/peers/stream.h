// The common part of the streams without libzmq: arguments, and the rate of the receiver. Each program is
//
//   PROGRAM receive ENDPOINT SIZE COUNT   listens, prints messages a second
//   PROGRAM send ENDPOINT SIZE COUNT      connects and sends
//
// ENDPOINT is tcp://127.0.0.1:PORT.

#pragma once

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

struct Stream {
  const char* endpoint;
  size_t size;
  long count;
  int port() const { return std::atoi(std::strrchr(endpoint, ':') + 1); }
};

inline void check(bool ok, const char* what) {
  if (ok) return;
  std::perror(what);
  std::exit(1);
}

/** Counts received messages, and prints the rate from the first one to the last. */
class Meter {
 public:
  explicit Meter(long count) : count_(count) {}

  /** Returns whether this was the last message. */
  bool took(bool whole) {
    check(whole, "the size of a message");
    if (received_++ == 0) start_ = Clock::now();
    if (received_ < count_) return false;
    const std::chrono::duration<double> seconds = Clock::now() - start_;
    std::printf("%.0f\n", static_cast<double>(count_ - 1) / seconds.count());
    return true;
  }

 private:
  using Clock = std::chrono::steady_clock;
  const long count_;
  long received_ = 0;
  Clock::time_point start_;
};

/** Runs `receive` or `send`, as the first argument says. */
inline int runStream(int argc, char** argv, void (*receive)(const Stream&), void (*send)(const Stream&)) {
  if (argc != 5) return 2;
  const Stream stream{argv[2], static_cast<size_t>(std::atol(argv[3])), std::atol(argv[4])};
  (std::strcmp(argv[1], "receive") == 0 ? receive : send)(stream);
  return 0;
}
