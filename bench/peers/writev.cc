// The least that a stream of messages over TCP costs: a length prefix, gather writes of up to 64 KiB or one message, and
// reads into one buffer. It has no queues, no patterns, and no second connection.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "stream.h"

namespace {

constexpr size_t kWrite = 65'536;
constexpr size_t kMostParts = 1024;  // the system's IOV_MAX
constexpr size_t kRead = 262'144;

sockaddr_in addressOf(const Stream& stream) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(stream.port()));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void receive(const Stream& stream) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in address = addressOf(stream);
  check(bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0, "bind");
  check(listen(listener, 1) == 0, "listen");
  const int connection = accept(listener, nullptr, nullptr);
  check(connection >= 0, "accept");
  std::vector<char> buffer(std::max(kRead, 2 * (stream.size + sizeof(uint32_t))));
  size_t filled = 0;
  Meter meter(stream.count);
  for (;;) {
    const ssize_t got = read(connection, buffer.data() + filled, buffer.size() - filled);
    check(got > 0, "read");
    filled += static_cast<size_t>(got);
    size_t offset = 0;
    while (filled - offset >= sizeof(uint32_t)) {
      uint32_t length;
      std::memcpy(&length, buffer.data() + offset, sizeof length);
      length = ntohl(length);
      if (filled - offset < sizeof length + length) break;
      offset += sizeof length + length;
      if (meter.took(length == stream.size)) return;
    }
    filled -= offset;
    std::memmove(buffer.data(), buffer.data() + offset, filled);
  }
}

/** Writes all parts, however many calls it takes. Changes them. */
void writeAll(int connection, iovec* parts, size_t number) {
  while (number > 0) {
    ssize_t written = writev(connection, parts, static_cast<int>(number));
    check(written >= 0, "writev");
    while (number > 0 && static_cast<size_t>(written) >= parts->iov_len) {
      written -= static_cast<ssize_t>(parts->iov_len);
      ++parts;
      --number;
    }
    if (number == 0) return;
    parts->iov_base = static_cast<char*>(parts->iov_base) + written;
    parts->iov_len -= static_cast<size_t>(written);
  }
}

void send(const Stream& stream) {
  const int connection = socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const sockaddr_in address = addressOf(stream);
  // The receiver may not listen yet.
  while (connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) usleep(1000);
  uint32_t prefix = htonl(static_cast<uint32_t>(stream.size));
  std::vector<char> body(stream.size, 'x');
  const size_t most = std::clamp<size_t>(kWrite / (stream.size + sizeof prefix), 1, kMostParts / 2);
  std::vector<iovec> parts(2 * most);
  for (long left = stream.count; left > 0;) {
    const size_t number = std::min(most, static_cast<size_t>(left));
    for (size_t i = 0; i < number; ++i) {
      parts[2 * i] = {&prefix, sizeof prefix};
      parts[2 * i + 1] = {body.data(), body.size()};
    }
    writeAll(connection, parts.data(), 2 * number);
    left -= static_cast<long>(number);
  }
}

}  // namespace

int main(int argc, char** argv) { return runStream(argc, argv, receive, send); }
