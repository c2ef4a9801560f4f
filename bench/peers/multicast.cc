// A multicast stream in C: what bench/peers/multicast.mjs does in Node.
//
//   multicast publish ENDPOINT RATE RECOVERY SIZE COUNT     waits where the rate holds it back; is ended from outside
//   multicast subscribe ENDPOINT RATE RECOVERY SIZE COUNT   prints {received, faults, seconds}

#include <zmq.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

void check(bool ok, const char* what) {
  if (ok) return;
  std::fprintf(stderr, "%s: %s\n", what, zmq_strerror(zmq_errno()));
  std::exit(1);
}

void set(void* socket, int option, int value) {
  check(zmq_setsockopt(socket, option, &value, sizeof value) == 0, "set");
}

unsigned char fillOf(uint32_t number) { return static_cast<unsigned char>(number % 251); }

void pause(int milliseconds) { zmq_poll(nullptr, 0, milliseconds); }

void publish(void* socket, size_t size, uint32_t count) {
  for (int i = 0; i < 50; ++i) {
    check(zmq_send(socket, "", 0, 0) >= 0, "send");
    pause(10);
  }
  for (uint32_t number = 0; number < count; ++number) {
    zmq_msg_t message;
    zmq_msg_init_size(&message, size);
    std::memset(zmq_msg_data(&message), fillOf(number), size);
    std::memcpy(zmq_msg_data(&message), &number, sizeof number);
    check(zmq_msg_send(&message, socket, 0) >= 0, "send");
  }
  for (;;) {
    check(zmq_send(socket, "end", 3, 0) >= 0, "send");
    pause(50);
  }
}

void subscribe(void* socket, size_t size) {
  uint32_t received = 0;
  uint32_t faults = 0;
  int64_t last = -1;
  Clock::time_point first;
  Clock::time_point latest;
  zmq_msg_t message;
  zmq_msg_init(&message);
  while (zmq_msg_recv(&message, socket, 0) >= 0) {
    const size_t length = zmq_msg_size(&message);
    const auto* data = static_cast<const unsigned char*>(zmq_msg_data(&message));
    if (length == 0) continue;
    if (length == 3 && std::memcmp(data, "end", 3) == 0) break;
    uint32_t number = 0;
    if (length == size) std::memcpy(&number, data, sizeof number);
    if (length != size || number <= last || data[size - 1] != fillOf(number)) {
      ++faults;
      continue;
    }
    last = number;
    latest = Clock::now();
    if (received++ == 0) first = latest;
  }
  const double seconds = std::chrono::duration<double>(latest - first).count();
  std::printf("{\"received\": %u, \"faults\": %u, \"seconds\": %f}\n", received, faults, seconds);
  std::fflush(stdout);
  std::_Exit(0);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) return 2;
  const bool publishing = std::string(argv[1]) == "publish";
  void* socket = zmq_socket(zmq_ctx_new(), publishing ? ZMQ_XPUB : ZMQ_SUB);
  set(socket, ZMQ_RATE, std::atoi(argv[3]));
  set(socket, ZMQ_RECOVERY_IVL, std::atoi(argv[4]));
  if (publishing) {
    set(socket, ZMQ_XPUB_NODROP, 1);
  } else {
    set(socket, ZMQ_RCVBUF, 4'000'000);
    set(socket, ZMQ_RCVHWM, 0);
    set(socket, ZMQ_RCVTIMEO, 5000);
    zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "", 0);
  }
  check(zmq_connect(socket, argv[2]) == 0, "connect");
  const size_t size = static_cast<size_t>(std::atol(argv[5]));
  if (publishing) publish(socket, size, static_cast<uint32_t>(std::atol(argv[6])));
  subscribe(socket, size);
  return 0;
}
