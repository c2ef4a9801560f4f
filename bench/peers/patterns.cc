// What libzmq's own tools do not measure: multipart messages, and a publisher with many subscribers. In C's style, as
// fast as libzmq allows.
//
//   patterns receive ENDPOINT FRAMES SIZE COUNT      binds a PULL, prints messages a second
//   patterns send ENDPOINT FRAMES SIZE COUNT         connects a PUSH
//   patterns subscribe ENDPOINT SUBSCRIBERS SIZE COUNT   prints deliveries a second
//   patterns publish ENDPOINT SUBSCRIBERS SIZE COUNT     binds an XPUB

#include <zmq.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  const char* endpoint;
  int number;
  size_t size;
  long count;
};

void* const context = zmq_ctx_new();

void* socketOf(int type) { return zmq_socket(context, type); }

void check(bool ok, const char* what) {
  if (ok) return;
  std::fprintf(stderr, "%s: %s\n", what, zmq_strerror(zmq_errno()));
  std::exit(1);
}

void print(long count, Clock::time_point start) {
  std::printf("%.0f\n", static_cast<double>(count) / std::chrono::duration<double>(Clock::now() - start).count());
}

void sendFrame(void* socket, size_t size, int flags) {
  zmq_msg_t message;
  zmq_msg_init_size(&message, size);
  std::memset(zmq_msg_data(&message), 120, size);
  check(zmq_msg_send(&message, socket, flags) >= 0, "send");
}

void receive(const Options& options) {
  void* pull = socketOf(ZMQ_PULL);
  check(zmq_bind(pull, options.endpoint) == 0, "bind");
  zmq_msg_t message;
  zmq_msg_init(&message);
  Clock::time_point start;
  for (long i = 0; i < options.count; ++i) {
    for (int frame = 0; frame < options.number; ++frame) {
      check(zmq_msg_recv(&message, pull, 0) >= 0 && zmq_msg_size(&message) == options.size, "receive");
    }
    if (i == 0) start = Clock::now();
  }
  print(options.count - 1, start);
}

void send(const Options& options) {
  void* push = socketOf(ZMQ_PUSH);
  check(zmq_connect(push, options.endpoint) == 0, "connect");
  for (long i = 0; i < options.count; ++i) {
    for (int frame = 0; frame < options.number; ++frame) {
      sendFrame(push, options.size, frame + 1 < options.number ? ZMQ_SNDMORE : 0);
    }
  }
  zmq_close(push);
  zmq_ctx_term(context);
}

void setUnlimited(void* socket, int option) {
  const int none = 0;
  zmq_setsockopt(socket, option, &none, sizeof none);
}

void publish(const Options& options) {
  void* publisher = socketOf(ZMQ_XPUB);
  setUnlimited(publisher, ZMQ_SNDHWM);
  const int on = 1;
  zmq_setsockopt(publisher, ZMQ_XPUB_VERBOSE, &on, sizeof on);
  check(zmq_bind(publisher, options.endpoint) == 0, "bind");
  char subscription[8];
  for (int heard = 0; heard < options.number; ++heard) zmq_recv(publisher, subscription, sizeof subscription, 0);
  for (long i = 0; i < options.count; ++i) sendFrame(publisher, options.size, 0);
  zmq_close(publisher);
  zmq_ctx_term(context);
}

void subscribe(const Options& options) {
  std::vector<zmq_pollitem_t> items;
  for (int i = 0; i < options.number; ++i) {
    void* subscriber = socketOf(ZMQ_SUB);
    setUnlimited(subscriber, ZMQ_RCVHWM);
    zmq_setsockopt(subscriber, ZMQ_SUBSCRIBE, "", 0);
    check(zmq_connect(subscriber, options.endpoint) == 0, "connect");
    items.push_back({subscriber, 0, ZMQ_POLLIN, 0});
  }
  const long total = options.count * options.number;
  long received = 0;
  zmq_msg_t message;
  zmq_msg_init(&message);
  Clock::time_point start;
  while (received < total) {
    zmq_poll(items.data(), options.number, -1);
    for (const zmq_pollitem_t& item : items) {
      if ((item.revents & ZMQ_POLLIN) == 0) continue;
      while (zmq_msg_recv(&message, item.socket, ZMQ_DONTWAIT) >= 0) {
        if (received++ == 0) start = Clock::now();
      }
    }
  }
  print(total, start);
  std::fflush(stdout);
  std::_Exit(0);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  const std::string role = argv[1];
  const Options options{argv[2], std::atoi(argv[3]), static_cast<size_t>(std::atol(argv[4])), std::atol(argv[5])};
  if (role == "receive") receive(options);
  if (role == "send") send(options);
  if (role == "publish") publish(options);
  if (role == "subscribe") subscribe(options);
  return 0;
}
