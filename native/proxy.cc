#include "proxy.h"

#include <zmq.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "arguments.h"
#include "context.h"
#include "descriptor.h"
#include "exports.h"
#include "message.h"

namespace zmq_native {
namespace {

/** Frames that one direction passes on before the other has its turn. */
constexpr int kBurst = 256;

int eventsOf(void* socket) {
  int events = 0;
  size_t size = sizeof events;
  return zmq_getsockopt(socket, ZMQ_EVENTS, &events, &size) == 0 ? events : 0;
}

zmq_pollitem_t watch(void* socket) {
  Descriptor descriptor{};
  size_t size = sizeof descriptor;
  zmq_getsockopt(socket, ZMQ_FD, &descriptor, &size);
  return {nullptr, descriptor, ZMQ_POLLIN, 0};
}

}  // namespace

/** One direction. A frame that finds no room waits here, and nothing more is taken until it has gone. */
class Proxy::Lane {
 public:
  Lane(void* from, void* to, void* capture, uint64_t* received, uint64_t* sent, uint64_t* captureDropped)
      : from_(from), to_(to), capture_(capture), received_(received), sent_(sent), captureDropped_(captureDropped) {}

  /** Passes frames on. Answers 0, or the errno of a context that has ended. */
  int advance() {
    for (int count = 0; count < kBurst; ++count) {
      if (!holds_) {
        if (zmq_msg_recv(frame_.get(), from_, ZMQ_DONTWAIT) < 0) return fatal(zmq_errno());
        holds_ = true;
        more_ = frame_.more();
        size_ = frame_.size();
        received_[1] += size_;
        if (!more_) ++received_[0];
        if (capture_ != nullptr) copyToCapture();
      }
      if (!skips_ && zmq_msg_send(frame_.get(), to_, ZMQ_DONTWAIT | (more_ ? ZMQ_SNDMORE : 0)) < 0) {
        const int error = zmq_errno();
        if (error == EAGAIN || error == EINTR || error == ETERM || error == ENOTSOCK) return fatal(error);
        // A message that the socket refuses (no such peer, not its turn) is dropped, as libzmq's proxy would do.
        skips_ = true;
      }
      if (!skips_) {
        sent_[1] += size_;
        if (!more_) ++sent_[0];
      }
      holds_ = false;
      if (!more_) skips_ = false;
    }
    return 0;
  }

  /** Whether `advance` would find something to do, by the events of both sockets. */
  bool ready(int from, int to) const { return (holds_ ? to & ZMQ_POLLOUT : from & ZMQ_POLLIN) != 0; }

 private:
  // Any other error is the socket's nature or state: a PUSH never receives, a REP only in its turn.
  static int fatal(int error) { return error == ETERM || error == ENOTSOCK ? error : 0; }

  // A capture socket that has no room misses a whole message rather than hold up the proxy.
  void copyToCapture() {
    if (!captureSkips_) {
      Message copy;
      zmq_msg_copy(copy.get(), frame_.get());
      if (zmq_msg_send(copy.get(), capture_, ZMQ_DONTWAIT | (more_ ? ZMQ_SNDMORE : 0)) < 0) {
        captureSkips_ = true;
        ++*captureDropped_;
      }
    }
    if (!more_) captureSkips_ = false;
  }

  void* const from_;
  void* const to_;
  void* const capture_;
  uint64_t* const received_;
  uint64_t* const sent_;
  uint64_t* const captureDropped_;
  Message frame_;
  size_t size_ = 0;
  bool holds_ = false;
  bool more_ = false;
  bool skips_ = false;
  bool captureSkips_ = false;
};

std::unique_ptr<Proxy> Proxy::start(Socket& front, Socket& back, Socket* capture, Socket& control, void* context,
                                    const char* endpoint) {
  void* ours = zmq_socket(context, ZMQ_PAIR);
  if (ours == nullptr) return nullptr;
  if (zmq_connect(ours, endpoint) != 0) {
    const int error = zmq_errno();
    zmq_close(ours);
    errno = error;
    return nullptr;
  }
  return std::unique_ptr<Proxy>(new Proxy(front, back, capture, control, ours));
}

Proxy::Proxy(Socket& front, Socket& back, Socket* capture, Socket& control, void* ours)
    : lent_{&front, &back, capture, &control},
      front_(front.get()),
      back_(back.get()),
      capture_(capture == nullptr ? nullptr : capture->get()),
      control_(ours) {
  for (Socket* socket : lent_) {
    if (socket != nullptr) socket->lend(this);
  }
  thread_ = std::thread([this] { run(); });
}

Proxy::~Proxy() {
  stopping_ = true;
  // The end of its connection wakes the thread.
  lent_[3]->lend(nullptr);
  lent_[3]->close();
  thread_.join();
  for (Socket* socket : lent_) {
    if (socket != nullptr) socket->lend(nullptr);
  }
  zmq_close(control_);
}

void Proxy::run() {
  const int32_t error = pass();
  report(&error, sizeof error);
}

int Proxy::pass() {
  Lane forth(front_, back_, capture_, counters_.frontReceived, counters_.backSent, &counters_.captureDropped);
  Lane back(back_, front_, capture_, counters_.backReceived, counters_.frontSent, &counters_.captureDropped);
  const bool oneSocket = front_ == back_;
  std::array<zmq_pollitem_t, 3> sleepers{watch(control_), watch(front_), watch(back_)};
  while (true) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (!obey()) return 0;
      if (!paused_) {
        int error = forth.advance();
        if (error == 0 && !oneSocket) error = back.advance();
        if (error != 0) return error;
      }
      // The descriptors say only that libzmq has news. Here the news is taken in, paused or not, so that they sleep;
      // once for each socket, as the last use of it: a second look would take in what the first had not seen.
      const int frontEvents = eventsOf(front_);
      const int backEvents = oneSocket ? frontEvents : eventsOf(back_);
      if (eventsOf(control_) & ZMQ_POLLIN) continue;
      if (!paused_ && (forth.ready(frontEvents, backEvents) || (!oneSocket && back.ready(backEvents, frontEvents)))) {
        continue;
      }
    }
    zmq_poll(sleepers.data(), static_cast<int>(sleepers.size()), -1);
  }
}

bool Proxy::obey() {
  Message command;
  while (!stopping_ && zmq_msg_recv(command.get(), control_, ZMQ_DONTWAIT) >= 0) {
    const std::string_view text(static_cast<const char*>(command.data()), command.size());
    if (text == "TERMINATE") return false;
    if (text == "PAUSE") paused_ = true;
    if (text == "RESUME") paused_ = false;
    if (text == "STATISTICS") report(&counters_, sizeof counters_);
  }
  return !stopping_;
}

void Proxy::report(const void* data, size_t size) {
  Message message;
  if (zmq_msg_init_size(message.get(), size) != 0) return;
  std::memcpy(message.data(), data, size);
  zmq_msg_send(message.get(), control_, ZMQ_DONTWAIT);
}

namespace {

// startProxy(front, back, capture or 0, control, endpoint of control) -> proxy, or -errno. All four sockets are lent
// to the proxy's thread until endProxy.
Napi::Value startProxy(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  Socket* front = arguments.socket(0);
  Socket* back = arguments.socket(1);
  Socket* capture = arguments.socket(2);
  Socket* control = arguments.socket(3);
  const std::string endpoint = arguments.string(4);
  if (!arguments.ok()) return {};
  if (front == nullptr || back == nullptr || control == nullptr) return arguments.answer(-ENOTSOCK);
  if (front->lent() || back->lent() || control->lent() || (capture != nullptr && capture->lent())) {
    return arguments.answer(-EBUSY);
  }
  Environment& environment = arguments.environment();
  std::unique_ptr<Proxy> proxy =
      Proxy::start(*front, *back, capture, *control, Context::get(environment, control->context()), endpoint.c_str());
  if (proxy == nullptr) return arguments.answer(-zmq_errno());
  return arguments.answer(environment.proxies.add(std::move(proxy)));
}

// endProxy(proxy) -> 0, or -EBADF: ends its thread if need be, closes `control`, gives the other sockets back
Napi::Value endProxy(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const int32_t proxy = arguments.integer(0);
  if (!arguments.ok()) return {};
  return arguments.answer(arguments.environment().proxies.remove(proxy) ? 0 : -EBADF);
}

}  // namespace

void exportProxy(Exports& exports) {
  exports.add<startProxy>("startProxy");
  exports.add<endProxy>("endProxy");
}

}  // namespace zmq_native
