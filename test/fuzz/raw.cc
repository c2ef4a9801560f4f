// Feeds libzmq the input of a raw peer: libFuzzer generates the bytes, and each input is one connection or one
// datagram.
//
//   raw --target=tcp-null CORPUS
//
// One context and one socket serve all inputs. An input is done when libzmq has closed the connection, at the latest
// when it has read all input. Meanwhile the harness receives and answers messages.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zmq.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "curve_client.h"
#include "sha1.h"

namespace {

enum class Security { kNull, kPlain, kCurve };
enum class Way {
  kAccept,    // libzmq listens, the input is what a peer sends to it
  kConnect,   // libzmq connects to us, the input is what we answer
  kDatagram,  // the input is a datagram
  kInside,    // libzmq listens, the input is what a good client of CURVE has to say
};

struct Target {
  const char* name;
  Way way;
  const char* scheme;
  int type;
  Security security;
};

constexpr Target kTargets[] = {
    {"tcp-null", Way::kAccept, "tcp", ZMQ_ROUTER, Security::kNull},
    {"tcp-xpub", Way::kAccept, "tcp", ZMQ_XPUB, Security::kNull},
    {"tcp-rep", Way::kAccept, "tcp", ZMQ_REP, Security::kNull},
    {"tcp-radio", Way::kAccept, "tcp", ZMQ_RADIO, Security::kNull},
    {"tcp-server", Way::kAccept, "tcp", ZMQ_SERVER, Security::kNull},
    {"tcp-plain", Way::kAccept, "tcp", ZMQ_ROUTER, Security::kPlain},
    {"tcp-curve", Way::kAccept, "tcp", ZMQ_ROUTER, Security::kCurve},
    {"curve-inside", Way::kInside, "tcp", ZMQ_ROUTER, Security::kCurve},
    {"ws", Way::kAccept, "ws", ZMQ_ROUTER, Security::kNull},
    {"ws-plain", Way::kAccept, "ws", ZMQ_ROUTER, Security::kPlain},
    {"ws-curve", Way::kAccept, "ws", ZMQ_ROUTER, Security::kCurve},
    {"stream", Way::kAccept, "tcp", ZMQ_STREAM, Security::kNull},
    {"connect-null", Way::kConnect, "tcp", ZMQ_DEALER, Security::kNull},
    {"connect-plain", Way::kConnect, "tcp", ZMQ_DEALER, Security::kPlain},
    {"connect-curve", Way::kConnect, "tcp", ZMQ_DEALER, Security::kCurve},
    {"connect-ws", Way::kConnect, "ws", ZMQ_DEALER, Security::kNull},
    {"udp-dish", Way::kDatagram, "udp", ZMQ_DISH, Security::kNull},
    {"udp-dgram", Way::kDatagram, "udp", ZMQ_DGRAM, Security::kNull},
};

/** A group and a text, or a text, that certainly arrives after the input. */
constexpr char kSentinel[] = "\1a the end";
/** Milliseconds that an input may take. Longer is a hang. */
constexpr int kPatience = 5000;

const Target* target;
void* socket_;
void* zap;
int listener = -1;
sockaddr_in address{};
/** The listening socket of the harness, where libzmq connects. */
std::string hostile;
char publicKey[41];
char secretKey[41];

void require(const bool good, const char* what) {
  if (good) return;
  std::perror(what);
  std::abort();
}

void set(const int option, const int value) { zmq_setsockopt(socket_, option, &value, sizeof value); }

/** An address on the loopback network. It differs each time, so that closed connections use up no ports. */
sockaddr_in freshAddress() {
  static uint32_t count = 0;
  sockaddr_in fresh{};
  fresh.sin_family = AF_INET;
  fresh.sin_addr.s_addr = htonl(0x7f010001u + (count++ % 60000));
  return fresh;
}

/** Accepts every authentication request. */
void answerZap() {
  while (true) {
    char version[8];
    char id[256];
    const int versionSize = zmq_recv(zap, version, sizeof version, ZMQ_DONTWAIT);
    if (versionSize < 0) return;
    const int idSize = zmq_recv(zap, id, sizeof id, 0);
    int more = 1;
    for (size_t size = sizeof more; more != 0;) {
      char rest[256];
      zmq_recv(zap, rest, sizeof rest, 0);
      zmq_getsockopt(zap, ZMQ_RCVMORE, &more, &size);
    }
    zmq_send(zap, version, static_cast<size_t>(versionSize), ZMQ_SNDMORE);
    zmq_send(zap, id, static_cast<size_t>(idSize), ZMQ_SNDMORE);
    for (const char* text : {"200", "", "user"}) zmq_send(zap, text, std::strlen(text), ZMQ_SNDMORE);
    zmq_send(zap, "", 0, 0);
  }
}

void say(const std::string& text, const uint32_t routingId, const int flags) {
  zmq_msg_t message;
  zmq_msg_init_size(&message, text.size());
  std::memcpy(zmq_msg_data(&message), text.data(), text.size());
  if (target->type == ZMQ_SERVER) zmq_msg_set_routing_id(&message, routingId);
  if (target->type == ZMQ_RADIO) zmq_msg_set_group(&message, "a");
  if (zmq_msg_send(&message, socket_, ZMQ_DONTWAIT | flags) < 0) zmq_msg_close(&message);
}

/**
 * Receives all pending messages, and sends them back where the socket type can. True when the sentinel was among them.
 */
bool serve() {
  bool ended = false;
  std::vector<std::string> frames;
  zmq_msg_t message;
  zmq_msg_init(&message);
  for (int count = 0; count < 1000 && zmq_msg_recv(&message, socket_, ZMQ_DONTWAIT) >= 0; ++count) {
    frames.emplace_back(static_cast<char*>(zmq_msg_data(&message)), zmq_msg_size(&message));
    if (frames.back().find(" the end") != std::string::npos) ended = true;
    if (zmq_msg_more(&message) != 0) continue;
    // A publisher receives a topic, and sends a message for it.
    if (target->type == ZMQ_XPUB && !frames[0].empty()) frames[0].erase(0, 1);
    const bool answers = target->type != ZMQ_DISH && target->type != ZMQ_DGRAM;
    for (size_t i = 0; answers && i < frames.size(); ++i) {
      say(frames[i], zmq_msg_routing_id(&message), i + 1 < frames.size() ? ZMQ_SNDMORE : 0);
    }
    frames.clear();
  }
  zmq_msg_close(&message);
  if (zap != nullptr) answerZap();
  return ended;
}

void publish() { say(std::string(40, 'a'), 0, 0); }

/** Sends the input, then reads until libzmq closes the connection. */
void converse(const int fd, const uint8_t* data, const size_t size) {
  fcntl(fd, F_SETFL, O_NONBLOCK);
  size_t sent = 0;
  bool shut = false;
  for (int waited = 0;;) {
    if (sent < size) {
      const ssize_t count = send(fd, data + sent, size - sent, MSG_NOSIGNAL);
      if (count > 0) sent += static_cast<size_t>(count);
      if (count < 0 && errno != EAGAIN) break;
    }
    if (sent == size && !shut) {
      // libzmq answers the input so far before it sees its end.
      if (target->type == ZMQ_XPUB || target->type == ZMQ_RADIO) publish();
      shutdown(fd, SHUT_WR);
      shut = true;
    }
    serve();
    pollfd ready{fd, static_cast<short>(POLLIN | (sent < size ? POLLOUT : 0)), 0};
    if (poll(&ready, 1, 1) == 0) {
      require(++waited < kPatience, "libzmq did not close the connection");
      continue;
    }
    char answer[4096];
    const ssize_t count = recv(fd, answer, sizeof answer, 0);
    if (count == 0 || (count < 0 && errno != EAGAIN)) break;
  }
  close(fd);
  serve();
}

int connected() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  require(fd >= 0, "socket");
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const sockaddr_in from = freshAddress();
  bind(fd, reinterpret_cast<const sockaddr*>(&from), sizeof from);
  require(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0, "connect");
  return fd;
}

void playAccept(const uint8_t* data, const size_t size) { converse(connected(), data, size); }

void wait() { serve(); }

/** The input: a byte that says how long the metadata is, the metadata, then messages, each after a byte with its
 * length. */
void playInside(const uint8_t* data, const size_t size) {
  const int fd = connected();
  uint8_t serverKey[32];
  zmq_z85_decode(serverKey, publicKey);
  CurveClient client(fd, serverKey, wait);
  size_t at = 0;
  const auto take = [&] {
    const size_t wanted = at < size ? data[at++] : 0;
    const size_t length = wanted < size - at ? wanted : size - at;
    at += length;
    return std::string(reinterpret_cast<const char*>(data) + at - length, length);
  };
  bool open = client.greet(take());
  while (open && at < size) open = client.message(take());
  converse(fd, nullptr, 0);
}

/** Whether a connection arrives within this many milliseconds. */
bool awaited(const int milliseconds) {
  pollfd ready{listener, POLLIN, 0};
  return poll(&ready, 1, milliseconds) > 0;
}

/** The value of Sec-WebSocket-Accept in the seeds, which is that of RFC 6455 for the key in its examples. */
constexpr char kSampleKey[] = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/** The value of Sec-WebSocket-Accept for libzmq's key. */
std::string acceptKey(const std::string& key) {
  const std::string text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  // One byte more, so that three of them make four characters.
  uint8_t hash[21] = {};
  SHA_CTX context;
  SHA1_Init(&context);
  SHA1_Update(&context, reinterpret_cast<const uint8_t*>(text.data()), text.size());
  SHA1_Final(hash, &context);
  std::string encoded;
  for (size_t at = 0; at < sizeof hash; at += 3) {
    const uint32_t bits = static_cast<uint32_t>(hash[at] << 16 | hash[at + 1] << 8 | hash[at + 2]);
    for (int shift = 18; shift >= 0; shift -= 6) {
      encoded += "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[(bits >> shift) & 63];
    }
  }
  encoded.back() = '=';
  return encoded;
}

/** The answer to libzmq's request: the input with the key that accepts the request, in place of that of the seeds. */
std::string answerTo(const int fd, const uint8_t* data, const size_t size) {
  std::string input(reinterpret_cast<const char*>(data), size);
  const size_t place = input.find(kSampleKey);
  if (place == std::string::npos) return input;
  std::string request;
  for (int waited = 0; request.find("\r\n\r\n") == std::string::npos;) {
    pollfd ready{fd, POLLIN, 0};
    if (poll(&ready, 1, 1) == 0) {
      require(++waited < kPatience, "libzmq sent no request");
      serve();
      continue;
    }
    char text[4096];
    const ssize_t count = recv(fd, text, sizeof text, 0);
    require(count > 0, "libzmq closed the connection without a request");
    request.append(text, static_cast<size_t>(count));
  }
  const std::string header = "Sec-WebSocket-Key: ";
  const size_t begin = request.find(header) + header.size();
  const std::string accepted = acceptKey(request.substr(begin, request.find("\r\n", begin) - begin));
  return input.replace(place, accepted.size(), accepted);
}

void playConnect(const uint8_t* data, const size_t size) {
  // Connection attempts of the previous connection.
  while (awaited(0)) close(accept(listener, nullptr, nullptr));
  // Connects again each time: libzmq does not reconnect to a peer that violated the protocol.
  require(zmq_connect(socket_, hostile.c_str()) == 0, "zmq_connect");
  for (int waited = 0; !awaited(1); ++waited) {
    serve();
    require(waited < kPatience, "libzmq did not connect");
  }
  const int fd = accept(listener, nullptr, nullptr);
  require(fd >= 0, "accept");
  publish();
  const std::string input = answerTo(fd, data, size);
  converse(fd, reinterpret_cast<const uint8_t*>(input.data()), input.size());
  zmq_disconnect(socket_, hostile.c_str());
}

void playDatagram(const uint8_t* data, const size_t size) {
  const size_t most = 65507;
  sendto(listener, data, size < most ? size : most, 0, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  sendto(listener, kSentinel, sizeof kSentinel - 1, 0, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  for (int waited = 0; !serve() && waited < 200; ++waited) {
    zmq_pollitem_t item{socket_, 0, ZMQ_POLLIN, 0};
    zmq_poll(&item, target->type == ZMQ_DISH ? 0 : 1, 1);
  }
}

void openListener() {
  listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  socklen_t size = sizeof address;
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  require(bind(listener, reinterpret_cast<const sockaddr*>(&address), size) == 0, "bind");
  require(listen(listener, 10) == 0, "listen");
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
}

void secure() {
  const bool server = target->way != Way::kConnect;
  if (target->security == Security::kPlain) {
    if (server) {
      set(ZMQ_PLAIN_SERVER, 1);
    } else {
      zmq_setsockopt(socket_, ZMQ_PLAIN_USERNAME, "name", 4);
      zmq_setsockopt(socket_, ZMQ_PLAIN_PASSWORD, "word", 4);
    }
  }
  if (target->security == Security::kCurve) {
    if (server) {
      set(ZMQ_CURVE_SERVER, 1);
    } else {
      zmq_setsockopt(socket_, ZMQ_CURVE_SERVERKEY, publicKey, sizeof publicKey);
      zmq_setsockopt(socket_, ZMQ_CURVE_PUBLICKEY, publicKey, sizeof publicKey);
    }
    zmq_setsockopt(socket_, ZMQ_CURVE_SECRETKEY, secretKey, sizeof secretKey);
  }
}

void open() {
  void* context = zmq_ctx_new();
  zmq_curve_keypair(publicKey, secretKey);
  if (target->security != Security::kNull && target->way != Way::kConnect) {
    zap = zmq_socket(context, ZMQ_REP);
    require(zmq_bind(zap, "inproc://zeromq.zap.01") == 0, "zmq_bind of ZAP");
  }
  socket_ = zmq_socket(context, target->type);
  require(socket_ != nullptr, "zmq_socket");
  set(ZMQ_LINGER, 0);
  set(ZMQ_RECONNECT_IVL, 1);
  secure();
  if (target->type == ZMQ_DISH) zmq_join(socket_, "a");
  if (target->way == Way::kConnect) {
    openListener();
    hostile = std::string(target->scheme) + "://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) +
              (std::strcmp(target->scheme, "ws") == 0 ? "/path" : "");
    return;
  }
  if (target->way == Way::kDatagram) {
    listener = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    for (int port = 20000 + getpid() % 20000;; ++port) {
      const std::string endpoint = "udp://127.0.0.1:" + std::to_string(port);
      address.sin_port = htons(static_cast<uint16_t>(port));
      if (zmq_bind(socket_, endpoint.c_str()) == 0) break;
    }
  } else {
    const std::string endpoint = std::string(target->scheme) + "://127.0.0.1:*";
    require(zmq_bind(socket_, endpoint.c_str()) == 0, "zmq_bind");
    char bound[256];
    size_t size = sizeof bound;
    zmq_getsockopt(socket_, ZMQ_LAST_ENDPOINT, bound, &size);
    address.sin_port = htons(static_cast<uint16_t>(std::atoi(std::strrchr(bound, ':') + 1)));
  }
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  // libFuzzer's clock would interrupt waits. The harness itself finds inputs that take too long (kPatience).
  sigset_t clock;
  sigemptyset(&clock);
  sigaddset(&clock, SIGALRM);
  pthread_sigmask(SIG_BLOCK, &clock, nullptr);
  const char prefix[] = "--target=";
  for (int index = 1; index < *argc; ++index) {
    const char* const argument = (*argv)[index];
    if (std::strncmp(argument, prefix, sizeof prefix - 1) != 0) continue;
    for (const Target& one : kTargets) {
      if (std::strcmp(one.name, argument + sizeof prefix - 1) == 0) target = &one;
    }
  }
  if (target == nullptr) {
    std::fprintf(stderr, "--target must be one of");
    for (const Target& one : kTargets) std::fprintf(stderr, " %s", one.name);
    std::fprintf(stderr, "\n");
    std::exit(2);
  }
  open();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, const size_t size) {
  switch (target->way) {
    case Way::kAccept:
      playAccept(data, size);
      break;
    case Way::kConnect:
      playConnect(data, size);
      break;
    case Way::kDatagram:
      playDatagram(data, size);
      break;
    case Way::kInside:
      playInside(data, size);
      break;
  }
  return 0;
}
