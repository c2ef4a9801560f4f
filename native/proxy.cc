#include "proxy.h"

#include <zmq.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include "arguments.h"
#include "context.h"
#include "descriptor.h"
#include "exports.h"
#include "message.h"

namespace zmq_native {
namespace {

/** Frames that one direction forwards before the other has its turn. */
constexpr int kBurst = 256;
/** Rounds without progress after which readiness reported by sockets is no longer trusted. */
constexpr int kRounds = 2;
/** The first and the longest sleep after that, in milliseconds. A wake-up ends it. */
constexpr int kFirstPause = 1;
constexpr int kLongestPause = 100;

int intOf(void* socket, int option) {
  int value = 0;
  size_t size = sizeof value;
  return zmq_getsockopt(socket, option, &value, &size) == 0 ? value : 0;
}

int eventsOf(void* socket) { return intOf(socket, ZMQ_EVENTS); }

/** Whether the first frame of a sent message names the peer that receives it. */
bool addressesPeers(void* socket) {
  const int type = intOf(socket, ZMQ_TYPE);
  return type == ZMQ_ROUTER || type == ZMQ_STREAM;
}

zmq_pollitem_t watch(void* socket) {
  Descriptor descriptor{};
  size_t size = sizeof descriptor;
  zmq_getsockopt(socket, ZMQ_FD, &descriptor, &size);
  return {nullptr, descriptor, ZMQ_POLLIN, 0};
}

}  // namespace

/**
 * One direction of the proxy. It holds a frame that cannot be sent and receives no more until it is sent. If the frame
 * addresses a peer, only that peer is full: its messages are parked in order, and messages for other peers pass. Up to
 * the socket's high-water mark are parked for each peer. The next one is held, and nothing more is received until it
 * fits.
 */
class Proxy::Lane {
 public:
  Lane(void* from, void* to, void* capture, Frames& ahead, uint64_t* received, uint64_t* sent, uint64_t* captureDropped)
      : from_(from),
        to_(to),
        capture_(capture),
        ahead_(ahead),
        addressed_(addressesPeers(to)),
        received_(received),
        sent_(sent),
        captureDropped_(captureDropped) {}

  /** Forwards frames, and sets `moved` if there were any. Returns 0, or the errno of a context that has ended. */
  int advance(bool* moved) {
    // Never in the middle of another message.
    if (first_ && !parked_.empty()) {
      const int error = sendParked(moved);
      if (error != 0) return error;
    }
    for (int count = 0; count < kBurst; ++count) {
      if (!holds_) {
        const int error = take();
        if (error != 0) return fatal(error);
        *moved = true;
      }
      if (parking_ == nullptr && first_ && !parked_.empty() && parked_.count(peer()) != 0 && !park()) return 0;
      if (parking_ != nullptr) {
        keep();
        continue;
      }
      if (!skips_ && zmq_msg_send(frame_.get(), to_, ZMQ_DONTWAIT | (more_ ? ZMQ_SNDMORE : 0)) < 0) {
        const int error = zmq_errno();
        if (error == EAGAIN && addressed_ && first_ && park()) {
          keep();
          continue;
        }
        if (waits(error)) return fatal(error);
        // A message that the socket rejects (unknown peer, wrong turn) is dropped, as in libzmq's proxy.
        skips_ = true;
      }
      *moved = true;
      if (!skips_) countSent(size_, more_);
      holds_ = false;
      first_ = !more_;
      if (!more_) skips_ = false;
    }
    return 0;
  }

  /** Whether `advance` could make progress, by the events of both sockets. */
  bool ready(int from, int to) const {
    if ((holds_ || !parked_.empty()) && (to & ZMQ_POLLOUT) != 0) return true;
    return !holds_ && (!ahead_.empty() || (from & ZMQ_POLLIN) != 0);
  }

 private:
  // Any other error is expected: a PUSH never receives, and a REP only in its turn.
  static int fatal(int error) { return error == ETERM || error == ENOTSOCK ? error : 0; }
  /** Whether a frame that was not sent can be sent later. */
  static bool waits(int error) { return error == EAGAIN || error == EINTR || fatal(error) != 0; }

  /** Receives a frame into `frame_`. Returns 0 or an errno. */
  int take() {
    if (!ahead_.empty()) {
      frame_.moveFrom(ahead_.front().content);
      more_ = ahead_.front().more;
      ahead_.pop_front();
    } else {
      if (zmq_msg_recv(frame_.get(), from_, ZMQ_DONTWAIT) < 0) return zmq_errno();
      more_ = frame_.more();
    }
    holds_ = true;
    size_ = frame_.size();
    received_[1] += size_;
    if (!more_) ++received_[0];
    if (capture_ != nullptr) copyToCapture();
    return 0;
  }

  void countSent(size_t size, bool more) {
    sent_[1] += size;
    if (!more) ++sent_[0];
  }

  /** The peer that the held frame, the first of its message, addresses. */
  std::string peer() { return {static_cast<const char*>(frame_.data()), frame_.size()}; }

  /** Starts to park the message whose first frame is held. False if its peer has reached the limit. */
  bool park() {
    const std::string name = peer();
    // Reads the high-water mark each time, since it may be set while the proxy runs.
    const auto most = static_cast<size_t>(std::max(1, intOf(to_, ZMQ_SNDHWM)));
    const auto found = parked_.find(name);
    if (found != parked_.end() && found->second.size() >= most) return false;
    parking_ = &parked_[name].emplace_back();
    return true;
  }

  /** Appends the held frame to the message that is being parked. */
  void keep() {
    Frame& kept = parking_->emplace_back();
    kept.content.moveFrom(frame_);
    kept.more = more_;
    holds_ = false;
    first_ = !more_;
    if (!more_) parking_ = nullptr;
  }

  /** Sends parked messages to peers that have room again. Returns 0, or the errno of a context that has ended. */
  int sendParked(bool* moved) {
    for (auto peer = parked_.begin(); peer != parked_.end();) {
      auto& queue = peer->second;
      while (!queue.empty()) {
        const int error = sendWhole(queue.front());
        if (fatal(error) != 0) return error;
        if (waits(error)) break;
        queue.pop_front();
        *moved = true;
      }
      peer = queue.empty() ? parked_.erase(peer) : std::next(peer);
    }
    return 0;
  }

  /** Sends a parked message. libzmq returns EAGAIN for the first frame only; any other error drops the message. */
  int sendWhole(Frames& message) {
    for (Frame& frame : message) {
      const size_t size = frame.content.size();
      if (zmq_msg_send(frame.content.get(), to_, ZMQ_DONTWAIT | (frame.more ? ZMQ_SNDMORE : 0)) < 0) return zmq_errno();
      countSent(size, frame.more);
    }
    return 0;
  }

  // A capture socket without room misses a whole message, so that it never blocks the proxy.
  void copyToCapture() {
    if (!captureSkips_) {
      Message copy;
      if (zmq_msg_copy(copy.get(), frame_.get()) != 0 ||
          zmq_msg_send(copy.get(), capture_, ZMQ_DONTWAIT | (more_ ? ZMQ_SNDMORE : 0)) < 0) {
        captureSkips_ = true;
        ++*captureDropped_;
      }
    }
    if (!more_) captureSkips_ = false;
  }

  void* const from_;
  void* const to_;
  void* const capture_;
  /** Prefetched messages, which are forwarded before any of `from_`. */
  Frames& ahead_;
  const bool addressed_;
  uint64_t* const received_;
  uint64_t* const sent_;
  uint64_t* const captureDropped_;
  Message frame_;
  size_t size_ = 0;
  bool holds_ = false;
  bool more_ = false;
  /** Whether the held frame, or the next one, is the first of its message. */
  bool first_ = true;
  bool skips_ = false;
  bool captureSkips_ = false;
  /** Parked messages by the routing id of the peer. */
  std::map<std::string, std::deque<Frames>> parked_;
  /** The message that is being parked, until its last frame arrives. */
  Frames* parking_ = nullptr;
};

std::unique_ptr<Proxy> Proxy::start(Socket& front, Socket& back, Socket* capture, Socket& control, void* context,
                                    const char* endpoint, Frames frontAhead, Frames backAhead) {
  void* ours = zmq_socket(context, ZMQ_PAIR);
  if (ours == nullptr) return nullptr;
  if (zmq_connect(ours, endpoint) != 0) {
    const int error = zmq_errno();
    zmq_close(ours);
    errno = error;
    return nullptr;
  }
  std::unique_ptr<Proxy> proxy;
  try {
    proxy.reset(new Proxy(front, back, capture, control, ours, std::move(frontAhead), std::move(backAhead)));
  } catch (const std::bad_alloc&) {
    zmq_close(ours);
    throw;
  }
  proxy->begin();
  return proxy;
}

Proxy::Proxy(Socket& front, Socket& back, Socket* capture, Socket& control, void* ours, Frames frontAhead,
             Frames backAhead)
    : lent_{&front, &back, capture, &control},
      front_(front.get()),
      back_(back.get()),
      capture_(capture == nullptr ? nullptr : capture->get()),
      control_(ours),
      frontAhead_(std::move(frontAhead)),
      backAhead_(std::move(backAhead)) {}

void Proxy::begin() {
  // First, since creating the thread may fail. No other thread uses the sockets until this returns.
  thread_ = std::thread([this] { run(); });
  for (Socket* socket : lent_) {
    if (socket != nullptr) socket->lend(this);
  }
}

Proxy::~Proxy() {
  stopping_ = true;
  if (thread_.joinable()) {
    // Closing the connection wakes the thread.
    lent_[3]->lend(nullptr);
    lent_[3]->close();
    thread_.join();
    for (Socket* socket : {lent_[0], lent_[1], lent_[2]}) {
      if (socket != nullptr) socket->lend(nullptr);
    }
  }
  zmq_close(control_);
}

void Proxy::run() {
  int32_t error;
  try {
    error = pass();
  } catch (const std::bad_alloc&) {
    error = ENOMEM;
  }
  report(&error, sizeof error);
}

int Proxy::pass() {
  Lane forth(front_, back_, capture_, frontAhead_, counters_.frontReceived, counters_.backSent,
             &counters_.captureDropped);
  Lane back(back_, front_, capture_, backAhead_, counters_.backReceived, counters_.frontSent,
            &counters_.captureDropped);
  const bool oneSocket = front_ == back_;
  std::array<zmq_pollitem_t, 3> sleepers{watch(control_), watch(front_), watch(back_)};
  int fruitless = 0;
  int pause = kFirstPause;
  while (true) {
    bool ready = false;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (!obey()) return 0;
      bool moved = false;
      if (!paused_) {
        int error = forth.advance(&moved);
        if (error == 0 && !oneSocket) error = back.advance(&moved);
        if (error != 0) return error;
      }
      fruitless = moved ? 0 : fruitless + 1;
      if (moved) pause = kFirstPause;
      // The descriptors signal only pending commands. Processing the commands here, also while paused, clears the
      // signal. Once per socket, as its last use: a second call would consume a signal for messages that the first has
      // not seen.
      const int frontEvents = eventsOf(front_);
      const int backEvents = oneSocket ? frontEvents : eventsOf(back_);
      const int controlEvents = eventsOf(control_);
      // ~Proxy ends the connection, for which libzmq reports no event: it may have been processed here.
      if (stopping_ || (controlEvents & ZMQ_POLLIN) != 0) continue;
      ready = !paused_ && (forth.ready(frontEvents, backEvents) || (!oneSocket && back.ready(backEvents, frontEvents)));
      if (ready && fruitless < kRounds) continue;
    }
    // libzmq reports a ROUTER as writable when any peer has room, and an XPUB with nodrop always. Room for the stored
    // messages causes a wake-up. A wake-up may have been consumed since the last attempt, so a few more attempts
    // follow.
    zmq_poll(sleepers.data(), static_cast<int>(sleepers.size()), ready ? pause : -1);
    if (ready) pause = std::min(2 * pause, kLongestPause);
    fruitless = 0;
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
  if (!message.resize(size)) return;
  std::memcpy(message.data(), data, size);
  zmq_msg_send(message.get(), control_, ZMQ_DONTWAIT);
}

namespace {

/**
 * Copies an array of arrays of Uint8Arrays. lib/socket/receiver.ts created it, so reading its elements runs no user
 * code. Returns 0, -ENOMEM, or -EINVAL for other types.
 */
int copyMessages(napi_env env, napi_value messages, Proxy::Frames* frames) {
  uint32_t count = 0;
  if (napi_get_array_length(env, messages, &count) != napi_ok) return -EINVAL;
  for (uint32_t i = 0; i < count; ++i) {
    const Napi::HandleScope scope(env);
    napi_value message = nullptr;
    uint32_t parts = 0;
    if (napi_get_element(env, messages, i, &message) != napi_ok) return -EINVAL;
    if (napi_get_array_length(env, message, &parts) != napi_ok) return -EINVAL;
    for (uint32_t part = 0; part < parts; ++part) {
      napi_value frame = nullptr;
      Bytes bytes;
      if (napi_get_element(env, message, part, &frame) != napi_ok || !Arguments::bytesOf(env, frame, &bytes)) {
        return -EINVAL;
      }
      Proxy::Frame& copy = frames->emplace_back();
      copy.more = part + 1 < parts;
      if (!copy.content.resize(bytes.size)) return -ENOMEM;
      if (bytes.size > 0) std::memcpy(copy.content.data(), bytes.data, bytes.size);
    }
  }
  return 0;
}

// startProxy(front, back, capture or 0, control, endpoint of control, messages prefetched from front, from back) ->
// proxy, or -errno. All four sockets are lent to the proxy's thread until endProxy.
Napi::Value startProxy(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  Socket* front = arguments.socket(0);
  Socket* back = arguments.socket(1);
  Socket* capture = arguments.socket(2);
  Socket* control = arguments.socket(3);
  const std::string endpoint = arguments.string(4);
  const napi_value frontMessages = arguments.array(5);
  const napi_value backMessages = arguments.array(6);
  if (!arguments.ok()) return {};
  if (front == nullptr || back == nullptr || control == nullptr) return arguments.answer(-ENOTSOCK);
  if (front->lent() || back->lent() || control->lent() || (capture != nullptr && capture->lent())) {
    return arguments.answer(-EBUSY);
  }
  Environment& environment = arguments.environment();
  Proxy::Frames frontAhead;
  Proxy::Frames backAhead;
  int error = copyMessages(info.Env(), frontMessages, &frontAhead);
  if (error == 0) error = copyMessages(info.Env(), backMessages, &backAhead);
  if (error != 0) return arguments.answer(error);
  std::unique_ptr<Proxy> proxy =
      Proxy::start(*front, *back, capture, *control, Context::get(environment, control->context()), endpoint.c_str(),
                   std::move(frontAhead), std::move(backAhead));
  if (proxy == nullptr) return arguments.answer(-zmq_errno());
  return arguments.answer(environment.proxies.add(std::move(proxy)));
}

// endProxy(proxy) -> 0, or -EBADF: ends the thread if it is running, closes `control`, returns the other sockets
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
